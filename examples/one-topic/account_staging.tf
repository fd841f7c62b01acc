variable "staging" {
  description = "Profile (of the AWS configuration) of the account staging."
  type        = object({ profile = string })
  default     = { profile = "staging" }
  nullable    = false
}

# IAM is of no region; the provider wants one all the same.
provider "aws" {
  alias   = "staging"
  profile = var.staging.profile
  region  = var.security.region

  default_tags {
    tags = var.tags
  }
}

module "staging" {
  source = "../../modules/publisher"

  providers = { aws = aws.staging }

  name         = "${var.name}-publisher"
  topic_arns   = [module.deep_security_datadog.topic_arn]
  kms_key_arns = [aws_kms_key.events.arn]
}
