# IAM is global, but the provider requires a region.
provider "aws" {
  alias   = "staging"
  region  = var.region
  profile = var.profiles.staging
}

module "staging" {
  source    = "../../modules/publisher"
  providers = { aws = aws.staging }

  name         = "${local.name}-publisher"
  topic_arns   = [module.deep_security_datadog.topic_arn]
  kms_key_arns = [aws_kms_key.events.arn]
  tags         = var.tags
}
