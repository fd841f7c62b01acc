# An existing topic behind the module, whose subscription gets other addresses (../moves.py).

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

provider "aws" {}

variable "datadog_api_key" {
  description = "Key that the fake Datadog accepts."
  type        = string
  ephemeral   = true
}

variable "datadog_api_url" {
  description = "URL of the fake Datadog."
  type        = string
}

variable "topic_name" {
  description = "The topic's key in topic_arns."
  type        = string
  default     = "old"
}

variable "subscribe" {
  description = "As the module's."
  type        = bool
  default     = true
}

resource "aws_sns_topic" "existing" {
  name = "moved"
}

resource "aws_secretsmanager_secret" "datadog_api_key" {
  name = "moved"
}

resource "aws_secretsmanager_secret_version" "datadog_api_key" {
  secret_id                = aws_secretsmanager_secret.datadog_api_key.id
  secret_string_wo         = var.datadog_api_key
  secret_string_wo_version = 1
}

module "deep_security_datadog" {
  source = "../../../"

  name         = "moved"
  topic        = { create = false }
  topic_arns   = { (var.topic_name) = aws_sns_topic.existing.arn }
  subscribe    = var.subscribe
  publishers   = { create_user = false }
  datadog      = { api_key_secret_arn = aws_secretsmanager_secret.datadog_api_key.arn }
  destinations = { events = { url = var.datadog_api_url } }
  # The emulator answers incompletely about alarms, and a plan here has to be empty.
  alarms = { enabled = false }
}

output "topic_arn" {
  description = "Where the tests publish."
  value       = aws_sns_topic.existing.arn
}

output "function_name" {
  description = "For its log."
  value       = module.deep_security_datadog.function_name
}
