variable "name" {
  description = "Name of the IAM user."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "name must have 1 to 64 letters, digits or +=,.@_- characters."
  }
}

variable "topic_arns" {
  description = "ARNs of the topics that the user may publish to, in this account or another."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.topic_arns) > 0
    error_message = "topic_arns is empty, so the user could publish nowhere. Add a topic."
  }

  validation {
    condition     = alltrue([for arn in var.topic_arns : can(regex("^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "topic_arns must be ARNs of standard SNS topics, without wildcards."
  }
}

variable "kms_key_arns" {
  description = "ARNs of the customer managed KMS keys of these topics. Empty = alias/aws/sns."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.kms_key_arns : can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", arn))])
    error_message = "kms_key_arns must be key ARNs (arn:...:key/...), because IAM policies cannot name an alias."
  }
}

variable "source_cidrs" {
  description = "Public IP ranges that the user may publish from, such as the Deep Security manager's. Empty = anywhere. Leave it empty for a manager that reaches SNS through a VPC endpoint, where requests have no public address."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.source_cidrs : can(cidrhost(cidr, 0)) && (strcontains(cidr, ":") || try(cidrsubnet(cidr, 0, 0), null) == cidr)])
    error_message = "source_cidrs must be IP ranges such as 203.0.113.0/24, each from its first address and without leading zeros. Add /32 to a single address."
  }

  # The policy's own check cannot count while the ARN of a topic is unknown, that is, before the first apply.
  validation {
    condition     = length(jsonencode(var.source_cidrs)) <= 5500
    error_message = "source_cidrs has ${length(var.source_cidrs)} ranges of ${length(jsonencode(var.source_cidrs))} characters. The user's policy has room for 5500 (IAM allows 6144). Merge ranges into larger ones."
  }
}

variable "path" {
  description = "IAM path of the user."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.path))
    error_message = "path must start and end with a slash, such as /service/."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the user's permissions boundary. null = none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of a managed policy (arn:...:policy/...)."
  }
}

variable "tags" {
  description = "Tags of the user and its policy."
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
