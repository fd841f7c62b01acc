provider "aws" {
  region = var.region
}

module "deep_security_datadog" {
  # Once it is in the Terraform Registry:
  #   source  = "example/deep-security-datadog/aws"
  #   version = "~> 0.1"
  source = "../../"

  name        = var.name
  delivery    = var.delivery
  console_url = var.console_url
  tags        = var.tags

  datadog = {
    api_key_secret_arn = aws_secretsmanager_secret.datadog_api_key.arn
    site               = var.datadog_site
  }

  destinations = { events = { url = var.datadog_api_url } }
  alarms       = { actions = var.alarm_topic_arns }
}
