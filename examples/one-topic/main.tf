# The security account: the topic and everything behind it. Publishing users are in account_*.tf.

provider "aws" {
  profile = var.profiles.security
  region  = var.region
}

locals {
  name = "deep-security-datadog"

  # One line per account_*.tf.
  publisher_arns = {
    production = module.production.user_arn
    staging    = module.staging.user_arn
  }
}

module "deep_security_datadog" {
  # Once it is in the Terraform Registry:
  #   source  = "example/deep-security-datadog/aws"
  #   version = "~> 0.1"
  source = "../../"

  name  = local.name
  tags  = var.tags
  topic = { kms_key_arn = aws_kms_key.events.arn }
  queue = { kms_key_arn = aws_kms_key.events.arn }

  # Accounts rather than users: when a user is deleted, AWS replaces its ARN in policies with an ID that a new user of the same name does not
  # have. Each account's IAM policies decide which of its users may publish.
  publishers = {
    create_user = false
    account_ids = [for arn in values(local.publisher_arns) : split(":", arn)[4]]
  }

  datadog = {
    api_key_secret_arn = aws_secretsmanager_secret.datadog_api_key.arn
    site               = var.datadog_site
  }

  destinations = { events = { url = var.datadog_api_url } }
  alarms       = { actions = var.alarm_topic_arns }
}
