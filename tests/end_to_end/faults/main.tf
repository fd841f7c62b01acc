# The module with times as short as a busy machine bears, so that what comes back to the queue comes back soon.

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
  description = "Key that the fake Datadog takes."
  type        = string
  ephemeral   = true
}

variable "datadog_api_url" {
  description = "Where the fake Datadog is."
  type        = string
}

variable "name" {
  description = "Of the copy."
  type        = string
  default     = "faults"
}

variable "destinations" {
  description = "As the module's, without the addresses."
  type = map(object({
    filter = optional(object({
      minimum_severity = optional(string)
      exclude          = optional(list(map(string)))
      fold_repeats     = optional(bool)
    }), {})
  }))
  default = { events = {} }
}

resource "aws_secretsmanager_secret" "datadog_api_key" {
  name = var.name
}

resource "aws_secretsmanager_secret_version" "datadog_api_key" {
  secret_id                = aws_secretsmanager_secret.datadog_api_key.id
  secret_string_wo         = var.datadog_api_key
  secret_string_wo_version = 1
}

module "deep_security_datadog" {
  source = "../../../"

  name         = var.name
  destinations = { for name, destination in var.destinations : name => merge(destination, { url = var.datadog_api_url }) }
  datadog      = { api_key_secret_arn = aws_secretsmanager_secret.datadog_api_key.arn }

  function = { timeout = 8 }
  queue    = { minimum_outage_hours = 1 }
}

output "topic_arn" {
  description = "Where the tests publish."
  value       = module.deep_security_datadog.topic_arn
}

output "function_name" {
  description = "For its log."
  value       = module.deep_security_datadog.function_name
}

output "queue_url" {
  description = "For what waits."
  value       = module.deep_security_datadog.queue_url
}

output "dead_letter_queue_url" {
  description = "For what was refused."
  value       = module.deep_security_datadog.dead_letter_queue_url
}

output "secret_arn" {
  description = "To rotate the key."
  value       = aws_secretsmanager_secret.datadog_api_key.arn
}
