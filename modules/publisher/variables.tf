variable "name" {
  description = "Name of the IAM user."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "name must have 1 to 64 characters of those that IAM takes in user names: letters, digits and +=,.@_-"
  }
}

variable "topic_arns" {
  description = "ARNs of the topics that the user may publish to, in this account or another."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.topic_arns) > 0
    error_message = "topic_arns is empty: a user that may publish nowhere is of no use. Name at least one topic."
  }

  validation {
    condition     = alltrue([for arn in var.topic_arns : can(regex("^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "topic_arns must be ARNs of SNS topics without wildcards."
  }
}

variable "kms_key_arns" {
  description = "ARNs of the customer managed KMS keys that encrypt these topics. None are needed for alias/aws/sns."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.kms_key_arns : can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", arn))])
    error_message = "kms_key_arns must be ARNs of keys (arn:...:key/...): an IAM policy cannot name an alias."
  }
}

variable "source_cidrs" {
  description = "Public address ranges from which the user may publish, those of the Deep Security manager. Empty = from anywhere. Not for a manager that reaches SNS by a VPC endpoint: such requests carry no public address and would be refused."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.source_cidrs : can(cidrhost(cidr, 0))])
    error_message = "source_cidrs must be address ranges such as 203.0.113.0/24; a single address ends with /32."
  }
}

variable "path" {
  description = "IAM path of the user."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.path))
    error_message = "path must begin and end with a slash, such as /service/."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that bounds the user's permissions. null = none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of a managed policy (arn:...:policy/...)."
  }
}

variable "tags" {
  description = "Tags of the user."
  type        = map(string)
  default     = {}
  nullable    = false
}
