variable "name" {
  description = "Name of the topic."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "name must have 1 to 256 letters, digits, hyphens or underscores. A FIFO topic (.fifo) cannot be used: Deep Security sends no message group id."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer managed KMS key that encrypts the topic; its policy needs the output key_policy_statements. null = the AWS managed key alias/aws/sns, which only principals of the topic's own account can use."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (arn:...:key/...), because an IAM policy cannot name an alias. For alias/aws/sns leave it null."
  }
}

variable "publishers" {
  description = <<-EOT
    Who may publish, apart from principals of the topic's own account whose IAM policy allows it (such as the user of the publisher module):
    - `principal_arns`: IAM users or roles, in any account.
    - `account_ids`: whole accounts, which pass the permission on by their own IAM policies.
    - `organization_id`: every principal of an AWS organization (`o-...`); null = none.
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
    error_message = "publishers.principal_arns must be ARNs of IAM users or roles without wildcards. For a whole account use publishers.account_ids."
  }

  validation {
    condition     = alltrue([for id in var.publishers.account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "publishers.account_ids must be account numbers of 12 digits, in quotes so that leading zeros survive."
  }

  validation {
    condition     = var.publishers.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.publishers.organization_id))
    error_message = "publishers.organization_id must look like o-a1b2c3d4e5 (`aws organizations describe-organization`)."
  }

  # The policy of alias/aws/sns admits the own account only and cannot be changed.
  validation {
    condition     = var.kms_key_arn != null || (length(var.publishers.account_ids) == 0 && var.publishers.organization_id == null)
    error_message = "Publishers from other accounts cannot use the AWS managed key alias/aws/sns. Give a customer managed key (kms_key_arn) whose policy lets them use kms:GenerateDataKey and kms:Decrypt."
  }
}

variable "subscriber_arns" {
  description = "ARNs of the SQS queues and Lambda functions whose accounts may subscribe them to this topic, and nothing else. Needed for a queue or function in another account."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.subscriber_arns : can(regex("^arn:[^:]+:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:.+$", arn))])
    error_message = "subscriber_arns must be ARNs of SQS queues or Lambda functions, such as the forwarder's endpoint_arn."
  }
}

variable "tags" {
  description = "Tags of the topic."
  type        = map(string)
  default     = {}
  nullable    = false
}
