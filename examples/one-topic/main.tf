# The security account, which has the topic and all that is behind it. Who publishes is in account_*.tf.

provider "aws" {
  profile = var.security.profile
  region  = var.security.region

  default_tags {
    tags = var.tags
  }
}

locals {
  # One entry for each account_*.tf.
  publisher_arns = {
    production = module.production.user_arn
    staging    = module.staging.user_arn
  }
}

module "deep_security_datadog" {
  # From the registry:
  #   source  = "example/deep-security-datadog/aws"
  #   version = "~> 0.1"
  source = "../../"

  name        = var.name
  console_url = var.console_url

  topic = {
    kms_key_arn = aws_kms_key.events.arn
  }

  queue = {
    kms_key_arn = aws_kms_key.events.arn
  }

  # The accounts and not the users: SNS replaces the ARN of a user that is removed by an id which no later user has. Which user of an
  # account may publish, the account's own IAM policies say.
  publishers = {
    create_user = false
    account_ids = [for arn in values(local.publisher_arns) : split(":", arn)[4]]
  }

  datadog = {
    api_key_secret_arn = aws_secretsmanager_secret.datadog_api_key.arn
    site               = var.datadog_site
  }

  destinations = {
    events = { url = var.datadog_api_url }
  }

  alarms = {
    actions = var.alarm_topic_arns
  }
}
