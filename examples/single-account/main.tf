provider "aws" {
  # null = from the environment or the profile (AWS_REGION, AWS_PROFILE).
  region = var.region

  default_tags {
    tags = var.tags
  }
}

module "deep_security_datadog" {
  # From the registry:
  #   source  = "example/deep-security-datadog/aws"
  #   version = "~> 0.1"
  source = "../../"

  name        = var.name
  delivery    = var.delivery
  console_url = var.console_url

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
