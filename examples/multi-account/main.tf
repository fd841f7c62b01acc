# The security account. Member accounts are in account_*.tf.

provider "aws" {
  profile = var.accounts.security.profile
  region  = var.accounts.security.region
}

locals {
  name = "deep-security-datadog"

  # One line per account_*.tf.
  members = [
    module.production.member,
    module.staging.member,
  ]
}

# Terraform orders the steps: queue, topics that let it subscribe, queue policy that admits these topics, subscriptions. A depends_on between
# the modules would make this a cycle.
module "forwarder" {
  # Once it is in the Terraform Registry:
  #   source  = "example/deep-security-datadog/aws"
  #   version = "~> 0.1"
  source = "../../"

  name = local.name
  tags = var.tags

  # Topics and publishing users are in the member accounts, and subscriptions in each topic's region.
  topic      = { create = false }
  publishers = { create_user = false }
  topic_arns = { for member in local.members : member.account => member.topic_arn }
  subscribe  = false

  datadog = {
    api_key_secret_arn = aws_secretsmanager_secret.datadog_api_key.arn
    site               = var.datadog_site
  }

  destinations = { events = { url = var.datadog_api_url } }
  alarms       = { actions = var.alarm_topic_arns }
}
