# The security account. The member accounts are in account_*.tf.

provider "aws" {
  profile = var.security.profile
  region  = var.security.region

  default_tags {
    tags = var.tags
  }
}

locals {
  # One entry for each account_*.tf.
  members = [
    module.production.member,
    module.staging.member,
  ]
}

# Every step waits for what it needs: the queue, the topics with policies that let it subscribe, the queue's policy that admits these
# topics, the subscriptions. A depends_on between the modules would make this a circle.
module "forwarder" {
  # From the registry:
  #   source  = "example/deep-security-datadog/aws"
  #   version = "~> 0.1"
  source = "../../"

  name        = var.name
  console_url = var.console_url

  # The members have the topics and the users that publish to them. A member's region may be another, so it subscribes by itself.
  topic      = { create = false }
  publishers = { create_user = false }
  topic_arns = { for member in local.members : member.account => member.topic_arn }
  subscribe  = false

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
