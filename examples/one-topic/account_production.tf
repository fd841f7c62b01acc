# IAM is global, but the provider requires a region.
provider "aws" {
  alias   = "production"
  region  = var.region
  profile = var.profiles.production
}

module "production" {
  source    = "../../modules/publisher"
  providers = { aws = aws.production }

  name         = "${local.name}-publisher"
  topic_arns   = [module.deep_security_datadog.topic_arn]
  kms_key_arns = [aws_kms_key.events.arn]
  tags         = var.tags
}
