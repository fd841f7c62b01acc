variable "production" {
  description = "Profile (of the AWS configuration) of the account production."
  type        = object({ profile = string })
  default     = { profile = "production" }
  nullable    = false
}

# IAM is of no region; the provider wants one all the same.
provider "aws" {
  alias   = "production"
  profile = var.production.profile
  region  = var.security.region

  default_tags {
    tags = var.tags
  }
}

module "production" {
  source = "../../modules/publisher"

  providers = { aws = aws.production }

  name         = "${var.name}-publisher"
  topic_arns   = [module.deep_security_datadog.topic_arn]
  kms_key_arns = [aws_kms_key.events.arn]
}
