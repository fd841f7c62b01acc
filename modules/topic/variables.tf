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
    Who may publish besides principals of the topic's account that have an IAM policy for it, such as the publisher module's user:
    - `principal_arns`: IAM users or roles in any account.
    - `account_ids`: Whole accounts, whose IAM policies decide who in them may publish.
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

  # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html#sns-policy-quotas
  # 22,000 bytes leave room for the queue's statements in a policy of the same KMS key, 32 KB at most.
  validation {
    condition     = length(var.publishers.principal_arns) + length(var.publishers.account_ids) <= 198
    error_message = "publishers lists ${length(var.publishers.principal_arns) + length(var.publishers.account_ids)} principals and accounts; the topic's policy has room for 198 (SNS allows 200 principals). Admit a whole organization with organization_id, or use account_ids instead of principal_arns."
  }

  validation {
    condition     = length(jsonencode(var.publishers.principal_arns)) + 40 * length(var.publishers.account_ids) <= 22000
    error_message = "publishers.principal_arns and account_ids take ${length(jsonencode(var.publishers.principal_arns)) + 40 * length(var.publishers.account_ids)} bytes; policies of topic and key have room for 22000. Admit a whole organization with organization_id, or use account_ids instead of principal_arns."
  }

  # The policy of alias/aws/sns admits only its own account, and cannot be changed.
  validation {
    condition     = var.kms_key_arn != null || (length(var.publishers.account_ids) == 0 && var.publishers.organization_id == null)
    error_message = "Publishers in other accounts cannot use the AWS managed key alias/aws/sns. Set kms_key_arn to a customer managed key, and add the output key_policy_statements to its policy."
  }
}

variable "subscriber_arns" {
  description = "ARNs of SQS queues and Lambda functions that their accounts may subscribe to this topic. Required for other accounts."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.subscriber_arns : can(regex("^arn:[^:]+:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:.+$", arn))])
    error_message = "subscriber_arns must be ARNs of SQS queues or Lambda functions. Use the forwarder's endpoint_arn."
  }

  # SNS's limits are 100 statements and 30 KB. Each subscriber is a statement of 259 bytes and two names.
  validation {
    condition     = length(var.subscriber_arns) <= 97
    error_message = "subscriber_arns lists ${length(var.subscriber_arns)} endpoints; the topic's policy has room for 97 (SNS allows 100 statements)."
  }

  validation {
    condition = (
      1000 + 3 * length(var.name) + length(jsonencode(var.publishers.principal_arns)) + 40 * length(var.publishers.account_ids)
      + (259 + length(var.name)) * length(var.subscriber_arns) + length(jsonencode(var.subscriber_arns)) <= 30720
    )
    error_message = "The topic's policy would exceed SNS's 30720 bytes: ${length(var.subscriber_arns)} subscriber_arns beside ${length(var.publishers.principal_arns) + length(var.publishers.account_ids)} publishers are too many. Admit a whole organization with publishers.organization_id, or subscribe fewer endpoints."
  }
}

variable "tags" {
  description = "Tags of the topic."
  type        = map(string)
  default     = {}
  nullable    = false

  # IAM's rules, the strictest of the tagged services. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
  validation {
    condition = alltrue([
      for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) && length(key) <= 128 && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) && length(value) <= 256
    ])
    error_message = "tags contains ${join(", ", [for key, value in var.tags : key if !(can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) && length(key) <= 128 && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) && length(value) <= 256)])}, which IAM refuses. Keys have 1 to 128, values up to 256 letters, digits, spaces or _.:/=+-@ characters."
  }

  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags) && length(var.tags) <= 50
    error_message = length(var.tags) > 50 ? "tags has ${length(var.tags)} tags; AWS allows 50." : "tags has keys that differ in case only, which IAM refuses. Keep one of each: ${join(", ", keys(var.tags))}."
  }

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags has keys that start with aws:, which AWS reserves. Rename them."
  }
}
