variable "name" {
  description = "Name of the topic."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "name must have 1 to 256 letters, digits, hyphens or underscores. Deep Security cannot publish to FIFO topics (.fifo)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the topic's customer managed KMS key. Its policy needs the output key_policy_statements. null = AWS managed key alias/aws/sns, which only principals of the topic's account can use."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be a key ARN (arn:...:key/...), because IAM policies cannot name an alias. Leave it null for alias/aws/sns."
  }
}

variable "publishers" {
  description = <<-EOT
    Who may publish, besides principals of the topic's account with an IAM policy for it, such as the publisher module's user:
    - `principal_arns`: IAM users or roles in any account.
    - `account_ids`: Whole accounts, whose IAM policies decide who of them may publish.
    - `organization_id`: Every principal of an AWS organization (`o-...`); null = none.
  EOT
  type = object({
    principal_arns  = optional(set(string), [])
    account_ids     = optional(set(string), [])
    organization_id = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in var.publishers.principal_arns : can(regex("^arn:[^:]+:(iam|sts)::[0-9]{12}:[^*]+$", arn))])
    error_message = "publishers.principal_arns must be ARNs of IAM users or roles, without wildcards. For a whole account, use publishers.account_ids."
  }

  validation {
    condition     = alltrue([for id in var.publishers.account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "publishers.account_ids must be account IDs of 12 digits, in quotes to keep leading zeros."
  }

  validation {
    condition     = var.publishers.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.publishers.organization_id))
    error_message = "publishers.organization_id must be an organization ID such as o-a1b2c3d4e5 (see `aws organizations describe-organization`)."
  }

  # The policy of alias/aws/sns admits its own account only and cannot be changed.
  validation {
    condition     = var.kms_key_arn != null || (length(var.publishers.account_ids) == 0 && var.publishers.organization_id == null)
    error_message = "Publishers in other accounts cannot use the AWS managed key alias/aws/sns. Set kms_key_arn to a customer managed key, and add the output key_policy_statements to its policy."
  }
}

variable "subscriber_arns" {
  description = "ARNs of SQS queues and Lambda functions that their accounts may subscribe to this topic. Required for those in other accounts."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.subscriber_arns : can(regex("^arn:[^:]+:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:.+$", arn))])
    error_message = "subscriber_arns must be ARNs of SQS queues or Lambda functions. Use the forwarder's endpoint_arn."
  }
}

variable "tags" {
  description = "Tags of the topic."
  type        = map(string)
  default     = {}
  nullable    = false
}
