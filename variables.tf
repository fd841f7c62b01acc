# What concerns the forwarder alone is checked in modules/forwarder, here only what takes the whole to judge.

variable "name" {
  description = "Prefix of every resource name; two copies with different names can live in one account."
  type        = string
  default     = "deep-security-datadog"
  nullable    = false

  # The longest name that IAM takes is 64, and the publisher's is this with "-publisher".
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,53}$", var.name))
    error_message = "name must have 1 to 54 letters, digits, hyphens or underscores and begin with a letter or digit, because it begins the names of an IAM role, an IAM user and a function."
  }
}

variable "datadog" {
  description = <<-EOT
    Where Datadog is and where the function finds the API key (give exactly one of the first two):
    - `api_key_secret_arn`: full ARN of a Secrets Manager secret, plain text or JSON with the property `DD_API_KEY`.
    - `api_key_ssm_parameter`: name (or ARN, when it is another account's) of an SSM parameter, normally a SecureString.
    - `api_key_kms_key_arn`: ARN of the customer managed key that encrypts the secret or parameter; null = the AWS managed key.
    - `api_key_reload_interval`: seconds after which the function reads the key again, so that a rotated one is picked up.
    - `site`: Datadog site, such as datadoghq.eu.
    - `api_url`, `logs_url`: base URLs that replace those of the site, for PrivateLink or a proxy; null = derived from the site.
  EOT
  type = object({
    api_key_secret_arn      = optional(string)
    api_key_ssm_parameter   = optional(string)
    api_key_kms_key_arn     = optional(string)
    api_key_reload_interval = optional(number, 300)
    site                    = optional(string, "datadoghq.com")
    api_url                 = optional(string)
    logs_url                = optional(string)
  })
  nullable = false
}

variable "datadog_tags" {
  description = "Tags added to everything sent to Datadog, such as { env = \"production\" }."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "destinations" {
  description = "Where events go: `events` (Datadog events), `logs` (Datadog logs, for Cloud SIEM), or both."
  type        = set(string)
  default     = ["events"]
  nullable    = false
}

variable "filter" {
  description = <<-EOT
    Which events go to the destination `events`:
    - `event_types`: only these types, such as AntiMalwareEvent; null = all.
    - `rank_greater_than`: only events whose rank (severity times asset value) is strictly greater; null = any.
    - `unranked_events`: what happens then to events without a rank (all of the types SystemEvent, AntiMalwareEvent and AppControlEvent): `keep` or `drop`.
    - `minimum_severity`: info, low, medium, high or critical.
    - `exclude`: maps of property to glob (`*`, `?`); an event that matches all of one map is dropped.
    - `fold_repeats`: true = identical events of one message (same tenant, type, host, rule and action) become one with the count, the first and the last time.
  EOT
  type = object({
    event_types       = optional(set(string))
    rank_greater_than = optional(number)
    unranked_events   = optional(string, "keep")
    minimum_severity  = optional(string, "info")
    exclude           = optional(list(map(string)), [])
    fold_repeats      = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "logs_filter" {
  description = "Like `filter`, for the destination `logs`. null = every event becomes a log."
  type = object({
    event_types       = optional(set(string))
    rank_greater_than = optional(number)
    unranked_events   = optional(string, "keep")
    minimum_severity  = optional(string, "info")
    exclude           = optional(list(map(string)), [])
    fold_repeats      = optional(bool, false)
  })
  default = null
}

variable "console_url" {
  description = "Address of the Deep Security console, such as https://dsm.example.com:4119, to which events link. null = no links."
  type        = string
  default     = null
}

variable "delivery" {
  description = "`queue`: SNS to SQS to the function, which outlives hours of Datadog being down. `direct`: SNS to the function, which Lambda retries twice within minutes before the message goes to the dead-letter queue."
  type        = string
  default     = "queue"
  nullable    = false
}

variable "topic" {
  description = <<-EOT
    The SNS topic that Deep Security publishes to:
    - `create`: false = only the existing ones.
    - `existing_arns`: topics made elsewhere, in this account or another, to forward from as well, in the region of the provider (others need modules/subscription). Their ARNs must be known at plan; for topics made by the same configuration use modules/forwarder, where each has a name.
    - `kms_key_arn`: customer managed key that encrypts the created topic or, without one, the existing topics that the user publishes to; its policy needs the output key_policy_statements. null = the AWS managed key alias/aws/sns, which only principals of this account can use.
  EOT
  type = object({
    create        = optional(bool, true)
    existing_arns = optional(set(string), [])
    kms_key_arn   = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.topic.create || length(var.topic.existing_arns) > 0
    error_message = "topic.create is false and topic.existing_arns is empty: there is nothing to forward from. Name an existing topic, or let one be created."
  }
}

variable "publishers" {
  description = <<-EOT
    Who may publish to the created topic:
    - `create_user`: whether to create the IAM user that Deep Security publishes as. Without a created topic it may publish to the existing ones.
    - `source_cidrs`: public address ranges from which that user may publish; empty = from anywhere.
    - `user_path`: IAM path of that user; `permissions_boundary_arn`: policy that bounds it, null = none.
    - `principal_arns`: further IAM users or roles; `account_ids`: whole accounts; `organization_id`: a whole AWS organization, null = none. Those of other accounts need `topic.kms_key_arn`.
  EOT
  type = object({
    create_user              = optional(bool, true)
    source_cidrs             = optional(set(string), [])
    user_path                = optional(string, "/")
    permissions_boundary_arn = optional(string)
    principal_arns           = optional(set(string), [])
    account_ids              = optional(set(string), [])
    organization_id          = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.topic.create || (length(var.publishers.principal_arns) == 0 && length(var.publishers.account_ids) == 0 && var.publishers.organization_id == null)
    error_message = "publishers.principal_arns, account_ids and organization_id have no effect on existing topics, whose policies belong to their owners. Add the publishers there, or let a topic be created (topic.create)."
  }

  validation {
    condition     = var.publishers.create_user || (length(var.publishers.source_cidrs) == 0 && var.publishers.permissions_boundary_arn == null)
    error_message = "publishers.source_cidrs and permissions_boundary_arn bind the created user, but publishers.create_user is false. Remove them, or let the user be created."
  }

  # Here and not at the topic: two variables whose validations name each other are a circle.
  validation {
    condition     = var.topic.kms_key_arn == null || var.topic.create || var.publishers.create_user
    error_message = "topic.kms_key_arn has no effect: neither a topic nor a user that publishes with this key is created (topic.create, publishers.create_user). Remove it; the owner of an existing topic sees to its key."
  }
}

variable "function" {
  description = <<-EOT
    The Lambda function:
    - `memory_size`: MB; it also sets the share of processor time.
    - `timeout`: seconds an invocation may take. The queue's visibility timeout is six times as long.
    - `architecture`: arm64 or x86_64; `runtime`: python3.11 or newer.
    - `maximum_concurrency`: how many invocations the queue starts at once at most (delivery `queue` only).
    - `log_retention_days`: days that its log is kept; `log_kms_key_arn`: customer managed key of the log, null = CloudWatch's own encryption.
    - `log_level`: DEBUG, INFO, WARNING or ERROR.
    - `permissions_boundary_arn`: policy that bounds its role, null = none; `role_path`: IAM path of the role.
    - `subnet_ids`, `security_group_ids`: both, to run it in a VPC (which then needs a way to Datadog and to the AWS APIs); empty = outside of any.
    - `package_path`: zip to deploy instead of the one that comes with the module; null = that one.
  EOT
  type = object({
    memory_size              = optional(number, 256)
    timeout                  = optional(number, 30)
    architecture             = optional(string, "arm64")
    runtime                  = optional(string, "python3.13")
    maximum_concurrency      = optional(number, 5)
    log_retention_days       = optional(number, 30)
    log_kms_key_arn          = optional(string)
    log_level                = optional(string, "INFO")
    permissions_boundary_arn = optional(string)
    role_path                = optional(string, "/")
    subnet_ids               = optional(list(string), [])
    security_group_ids       = optional(list(string), [])
    package_path             = optional(string)
  })
  default  = {}
  nullable = false
}

variable "queue" {
  description = <<-EOT
    The queue (delivery `queue`) and the dead-letter queue:
    - `retention_days`: days that the queue holds a message, 1 to 13.
    - `minimum_outage_hours`: how long messages must be able to wait for Datadog before they go to the dead-letter queue.
    - `max_receive_count`: attempts before that, 1 to 1000; null = as many as `minimum_outage_hours` takes.
    - `kms_key_arn`: customer managed key of both queues; its policy needs the output key_policy_statements. null = the keys that SQS manages (SSE-SQS).
  EOT
  type = object({
    retention_days       = optional(number, 7)
    minimum_outage_hours = optional(number, 24)
    max_receive_count    = optional(number)
    kms_key_arn          = optional(string)
  })
  default  = {}
  nullable = false
}

variable "alarms" {
  description = <<-EOT
    CloudWatch alarms:
    - `enabled`: false = none.
    - `actions`: ARNs, normally of SNS topics, that are told when an alarm goes off and when it is over; empty = the alarms show in CloudWatch only.
    - `oldest_message_seconds`: age of the oldest waiting message that is too old (delivery `queue`); null = one and a half times the visibility timeout, which is when a message has failed twice.
    - `no_event_hours`: whole hours, 1 to 168, without any event after which silence is suspicious; null = silence is fine.
  EOT
  type = object({
    enabled                = optional(bool, true)
    actions                = optional(set(string), [])
    oldest_message_seconds = optional(number)
    no_event_hours         = optional(number)
  })
  default  = {}
  nullable = false
}

variable "tags" {
  description = "Tags of every resource that takes tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
