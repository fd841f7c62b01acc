# Copies of the module, each with a Datadog of its own, as many as the root that applies this asks for.

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

variable "datadog_api_keys" {
  description = "By copy, the key that its fake Datadog accepts."
  type        = map(string)
  ephemeral   = true
}

variable "copies" {
  description = "By copy, the inputs of the module that differ. With a timeout of its own, what fails comes back soon."
  type = map(object({
    delivery = optional(string)
    timeout  = optional(number)
    destinations = map(object({
      url  = string
      ocsf = optional(bool)
      filter = optional(object({
        minimum_severity = optional(string)
        exclude          = optional(list(map(string)))
        fold_repeats     = optional(bool)
      }), {})
    }))
  }))
}

resource "aws_secretsmanager_secret" "datadog_api_key" {
  for_each = var.copies

  name = each.key
}

resource "aws_secretsmanager_secret_version" "datadog_api_key" {
  for_each = var.copies

  secret_id                = aws_secretsmanager_secret.datadog_api_key[each.key].id
  secret_string_wo         = var.datadog_api_keys[each.key]
  secret_string_wo_version = 1
}

module "copies" {
  source   = "../../../"
  for_each = var.copies

  name         = each.key
  delivery     = each.value.delivery
  destinations = each.value.destinations
  datadog      = { api_key_secret_arn = aws_secretsmanager_secret.datadog_api_key[each.key].arn }
  publishers   = { create_user = false }
  alarms       = { enabled = false }

  # The shortest that a busy machine bears.
  function = { timeout = each.value.timeout }
  queue    = each.value.timeout == null ? {} : { minimum_outage_hours = 1 }
}

output "copies" {
  description = "By copy, the module's outputs and the secret."
  value = {
    for name, copy in module.copies : name => merge(copy, {
      secret_arn = aws_secretsmanager_secret.datadog_api_key[name].arn
    })
  }
}
