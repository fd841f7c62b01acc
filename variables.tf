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
    - `api_key_secret_arn`: full ARN of a Secrets Manager secret: the key as plain text, or JSON with `DD_API_KEY`, `dd_api_key`, `apiKey` or `api_key`.
    - `api_key_ssm_parameter`: name (or ARN, when it is another account's) of an SSM parameter, normally a SecureString.
    - `api_key_kms_key_arn`: ARN of the customer managed key that encrypts the secret or parameter; null = the AWS managed key.
    - `api_key_reload_interval`: seconds after which the function reads the key again, so that a rotated one is picked up.
    - `site`: Datadog site, such as datadoghq.eu.
  EOT
  type = object({
    api_key_secret_arn      = optional(string)
    api_key_ssm_parameter   = optional(string)
    api_key_kms_key_arn     = optional(string)
    api_key_reload_interval = optional(number, 300)
    site                    = optional(string, "datadoghq.com")
  })
  nullable = false

  validation {
    condition     = (var.datadog.api_key_secret_arn == null) != (var.datadog.api_key_ssm_parameter == null)
    error_message = "datadog needs exactly one of api_key_secret_arn (Secrets Manager) and api_key_ssm_parameter (Parameter Store): the function reads the API key from there."
  }

  # The role may read this one secret, and IAM compares with the ARN that includes the six random characters.
  validation {
    condition     = var.datadog.api_key_secret_arn == null || can(regex("^arn:[^:]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+-[A-Za-z0-9]{6}$", var.datadog.api_key_secret_arn))
    error_message = "datadog.api_key_secret_arn must be the full ARN of a secret, with the six characters that Secrets Manager appends (`aws secretsmanager describe-secret`). Do not give the API key itself."
  }

  validation {
    condition     = var.datadog.api_key_ssm_parameter == null || can(regex("^(arn:[^:]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter)?[A-Za-z0-9_./-]+$", var.datadog.api_key_ssm_parameter))
    error_message = "datadog.api_key_ssm_parameter must be the name or ARN of an SSM parameter, such as /datadog/api-key."
  }

  # A bare API key is a valid parameter name; taken for one, it would end up in the state and the function's environment.
  validation {
    condition     = var.datadog.api_key_ssm_parameter == null || !can(regex("^[0-9a-fA-F]{32}$", var.datadog.api_key_ssm_parameter))
    error_message = "datadog.api_key_ssm_parameter looks like an API key. Store the key in a SecureString parameter and give the parameter's name."
  }

  validation {
    condition     = var.datadog.api_key_kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.datadog.api_key_kms_key_arn))
    error_message = "datadog.api_key_kms_key_arn must be the ARN of a key (arn:...:key/...), because an IAM policy cannot name an alias. For the AWS managed key leave it null."
  }

  validation {
    condition     = var.datadog.api_key_reload_interval >= 0 && var.datadog.api_key_reload_interval == floor(var.datadog.api_key_reload_interval)
    error_message = "datadog.api_key_reload_interval must be a whole number of seconds, 0 or more."
  }

  # The shape only: Datadog adds sites, and a list would age.
  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]+$", var.datadog.site)) && !can(regex("^(app|api|www|http-intake)\\.", var.datadog.site))
    error_message = "datadog.site must be a site's name such as datadoghq.com, datadoghq.eu or us5.datadoghq.com, without https:// and without app. or api. in front."
  }
}

variable "datadog_tags" {
  description = "Tags added to everything sent to Datadog, such as { env = \"production\" }."
  type        = map(string)
  default     = {}
  nullable    = false

  # 200 characters: https://docs.datadoghq.com/getting_started/tagging/
  validation {
    condition = alltrue([
      for key, value in var.datadog_tags :
      can(regex("^[A-Za-z][A-Za-z0-9_./-]*$", key)) && can(regex("^[^,\\s]+$", value)) && length("${key}:${value}") <= 200
    ])
    error_message = "datadog_tags need keys that begin with a letter and go on with letters, digits and _-./ , values without commas and blanks, and at most 200 characters together: other things Datadog would alter silently."
  }
}

variable "destinations" {
  description = <<-EOT
    Where events go: `events` (Datadog events), `logs` (Datadog logs, for Cloud SIEM), or both, each with its options:
    - `url`: base URL that replaces the site's, for a proxy or PrivateLink without private DNS; null = derived from datadog.site.
    - `filter`: which events go there; {} = all.
    - `filter.event_types`: only these types, such as AntiMalwareEvent; null = all.
    - `filter.rank_greater_than`: only events whose rank (severity times asset value) is strictly greater; null = any. A firewall deny has rank 100, like a critical intrusion: for important events only, use `minimum_severity`.
    - `filter.unranked_events`: what happens then to events without a rank (all of the types SystemEvent, AntiMalwareEvent and AppControlEvent): `keep` or `drop`.
    - `filter.minimum_severity`: info, low, medium, high or critical.
    - `filter.exclude`: maps of property to glob (`*`, `?`); an event that matches all of one map is dropped.
    - `filter.fold_repeats`: true = identical events of one message (same tenant, type, host, severity, action, and rule or finding) become one with the count, the first and the last time.
  EOT
  type = map(object({
    url = optional(string)
    filter = optional(object({
      event_types       = optional(set(string))
      rank_greater_than = optional(number)
      unranked_events   = optional(string, "keep")
      minimum_severity  = optional(string, "info")
      exclude           = optional(list(map(string)), [])
      fold_repeats      = optional(bool, false)
    }), {})
  }))
  default  = { events = {} }
  nullable = false

  validation {
    condition     = length(var.destinations) > 0 && length(setsubtract(keys(var.destinations), local.destination_names)) == 0
    error_message = length(var.destinations) == 0 ? "destinations is empty: nothing would be sent. Name events, logs, or both." : "destinations names unknown destinations: ${join(", ", setsubtract(keys(var.destinations), local.destination_names))}. Known are ${join(" and ", local.destination_names)}."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : destination != null])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if destination == null])} is null. Write {} for a destination without options, or leave it out."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(destination.url == null || can(regex(local.base_url_pattern, destination.url)), true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(!can(regex(local.base_url_pattern, coalesce(destination.url, "http://localhost"))), false)])}.url must be the https URL of a host, without a path, such as https://api.datadoghq.eu. Plain http is for localhost only: the API key travels in a header."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(length(setsubtract(destination.filter.event_types, local.event_type_names)) == 0, true)])
    error_message = join("\n", [for name, destination in var.destinations : "destinations.${name}.filter.event_types names unknown types: ${join(", ", [for type in setsubtract(destination.filter.event_types, local.event_type_names) : coalesce(type, "null")])}. Known are ${join(", ", local.event_type_names)}. A type that Deep Security added later passes with event_types = null, and exclude drops what is unwanted." if try(length(setsubtract(destination.filter.event_types, local.event_type_names)) > 0, false)])
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(length(destination.filter.event_types) > 0, true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(length(destination.filter.event_types) == 0, false)])}.filter.event_types is empty, so that everything would be dropped. For all types leave it null."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(destination.filter.rank_greater_than >= 0, true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(destination.filter.rank_greater_than < 0, false)])}.filter.rank_greater_than must be 0 or more; null = any rank."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(contains(["keep", "drop"], destination.filter.unranked_events), true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(!contains(["keep", "drop"], destination.filter.unranked_events), false)])}.filter.unranked_events must be \"keep\" or \"drop\"."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(contains(local.severities, destination.filter.minimum_severity), true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(!contains(local.severities, destination.filter.minimum_severity), false)])}.filter.minimum_severity must be one of ${join(", ", local.severities)}."
  }

  validation {
    condition = alltrue(flatten([for destination in values(var.destinations) : [for globs in try(destination.filter.exclude, []) :
      try(length(globs) > 0 && alltrue([for property, glob in globs : can(regex(local.property_pattern, property)) && length(glob) > 0]), false)
    ]]))
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if !alltrue([for globs in try(destination.filter.exclude, []) :
      try(length(globs) > 0 && alltrue([for property, glob in globs : can(regex(local.property_pattern, property)) && length(glob) > 0]), false)
    ])])}.filter.exclude holds a map that is empty (every event would match it), an empty glob, or an empty property name or one with * or ?. Write the property's full name and a glob for its value, such as { Hostname = \"dev-*\" }."
  }

  validation {
    condition = alltrue([for destination in values(var.destinations) : try(length(setintersection(
      coalesce(destination.filter.event_types, local.event_type_names),
      local.event_types_reaching[destination.filter.minimum_severity],
      destination.filter.rank_greater_than != null && destination.filter.unranked_events == "drop" ? local.ranked_event_types : local.event_type_names,
    )) > 0, true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(length(setintersection(
      coalesce(destination.filter.event_types, local.event_type_names),
      local.event_types_reaching[destination.filter.minimum_severity],
      destination.filter.rank_greater_than != null && destination.filter.unranked_events == "drop" ? local.ranked_event_types : local.event_type_names,
    )) == 0, false)])}.filter drops everything: no type passes its event_types, rank_greater_than and minimum_severity together. Loosen one. Without a rank are ${join(", ", setsubtract(local.event_type_names, local.ranked_event_types))}. The highest severities are ${join(", ", [for name, type in local.event_types : "${type.highest_severity} (${name})"])}."
  }

  # Lambda takes 4 KB of environment; a quarter is kept for the other variables. base64 makes bytes of characters: 4 for each 3.
  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  validation {
    condition     = length(base64encode("${jsonencode(var.destinations)}${local.datadog_tags}")) <= 4096
    error_message = "destinations and datadog_tags together are too long for the function's environment (3 KB as JSON). Use globs to shorten exclude, or let Deep Security filter at the source."
  }
}

variable "console_url" {
  description = "Address of the Deep Security console, such as https://dsm.example.com:4119, to which events link. null = no links."
  type        = string
  default     = null

  validation {
    condition     = var.console_url == null || can(regex("^https://[^\\s?#<>()\"]+$", var.console_url))
    error_message = "console_url must be an https URL without query, such as https://dsm.example.com:4119."
  }
}

variable "delivery" {
  description = "`queue`: SNS → SQS → Lambda; survives hours of Datadog downtime. `direct`: SNS → Lambda, which retries twice within minutes; then the message goes to the dead-letter queue."
  type        = string
  default     = "queue"
  nullable    = false

  validation {
    condition     = contains(["queue", "direct"], var.delivery)
    error_message = "delivery must be \"queue\" or \"direct\"."
  }
}

variable "topic" {
  description = <<-EOT
    The SNS topic that Deep Security publishes to:
    - `create`: false = forward from the topics in topic_arns only.
    - `kms_key_arn`: customer managed key that encrypts the created topic or, without one, the topics in topic_arns that the user publishes to; its policy needs the output key_policy_statements. null = the AWS managed key alias/aws/sns, which only principals of this account can use.
  EOT
  type = object({
    create      = optional(bool, true)
    kms_key_arn = optional(string)
  })
  default  = {}
  nullable = false
}

variable "topic_arns" {
  description = "ARNs of existing SNS topics to forward from as well, in this account or another, each under a name of your choice (such as the account's). The names must be known at plan; the ARNs need not be. A name is part of the subscription's address: before you rename one, see \"Rename a topic or hand over its subscription\" in docs/operating.md."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = var.topic.create || length(var.topic_arns) > 0
    error_message = "topic.create is false and topic_arns is empty: there is nothing to forward from. Name an existing topic, or let one be created."
  }

  validation {
    condition     = !(var.topic.create && contains(keys(var.topic_arns), "created"))
    error_message = "topic_arns uses the name \"created\", which the created topic has. Choose another one, or set topic.create = false."
  }

  validation {
    condition     = alltrue([for arn in values(var.topic_arns) : can(regex("^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "topic_arns must be ARNs of standard SNS topics, without wildcards. Deep Security cannot publish to a FIFO topic."
  }

  validation {
    condition     = length(distinct(values(var.topic_arns))) == length(var.topic_arns)
    error_message = "topic_arns names a topic twice. Name each once: a second subscription of the same endpoint is the same subscription."
  }
}

variable "subscribe" {
  description = "Whether to subscribe to the topics in topic_arns. false = modules/subscription does it for each, as topics of other regions need; the created topic is subscribed all the same. Before you switch it, see \"Rename a topic or hand over its subscription\" in docs/operating.md."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.subscribe || length(var.topic_arns) > 0
    error_message = "subscribe = false has no effect without topic_arns: the created topic is always subscribed. Remove it."
  }
}

variable "publishers" {
  description = <<-EOT
    Who may publish to the created topic:
    - `create_user`: whether to create the IAM user that Deep Security publishes as. Without a created topic it may publish to those in topic_arns.
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
    - `timeout`: seconds an invocation may take, 5 to 900; the queue's visibility timeout is at least six times as long.
    - `architecture`: arm64 or x86_64; `runtime`: python3.11 or newer.
    - `maximum_concurrency`: how many invocations the queue starts at once at most (delivery `queue` only).
    - `allow_recursion`: whether to keep Lambda from stopping a long chain of remainders as a recursive loop (delivery `queue` only); false where this API is missing (AWS GovCloud) or forbidden.
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
    allow_recursion          = optional(bool, true)
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

  validation {
    condition     = var.function.memory_size >= 128 && var.function.memory_size <= 10240 && var.function.memory_size == floor(var.function.memory_size)
    error_message = "function.memory_size must be a whole number of MB from 128 to 10240."
  }

  validation {
    condition     = var.function.timeout >= 5 && var.function.timeout <= 900 && var.function.timeout == floor(var.function.timeout)
    error_message = "function.timeout must be a whole number of seconds from 5 (less leaves no time for a request to Datadog) to 900 (Lambda's limit)."
  }

  validation {
    condition     = contains(["arm64", "x86_64"], var.function.architecture)
    error_message = "function.architecture must be arm64 or x86_64; the package runs on either."
  }

  validation {
    condition     = can(regex("^python3\\.(1[1-9]|[2-9][0-9])$", var.function.runtime))
    error_message = "function.runtime must be python3.11 or newer, such as python3.13."
  }

  validation {
    condition     = var.function.maximum_concurrency >= 2 && var.function.maximum_concurrency <= 1000 && var.function.maximum_concurrency == floor(var.function.maximum_concurrency)
    error_message = "function.maximum_concurrency must be a whole number from 2 to 1000, the range of an SQS event source mapping."
  }

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.function.log_retention_days)
    error_message = "function.log_retention_days must be one that CloudWatch Logs takes: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653. For ever (0) is not offered: it only costs."
  }

  validation {
    condition     = var.function.log_kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.function.log_kms_key_arn))
    error_message = "function.log_kms_key_arn must be the ARN of a key (arn:...:key/...): CloudWatch Logs takes no alias."
  }

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.function.log_level)
    error_message = "function.log_level must be DEBUG, INFO, WARNING or ERROR."
  }

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.function.role_path))
    error_message = "function.role_path must begin and end with a slash, such as /service/."
  }

  validation {
    condition     = var.function.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.function.permissions_boundary_arn))
    error_message = "function.permissions_boundary_arn must be the ARN of a managed policy (arn:...:policy/...)."
  }

  validation {
    condition     = (length(var.function.subnet_ids) == 0) == (length(var.function.security_group_ids) == 0)
    error_message = "function.subnet_ids and function.security_group_ids belong together: give both to run in a VPC, or neither."
  }

  validation {
    condition     = var.function.package_path == null || try(fileexists(var.function.package_path), false)
    error_message = "function.package_path names no file. Build one with `python lambda/package.py --output PATH`, or leave it null for the package that comes with the module."
  }
}

variable "queue" {
  description = <<-EOT
    The queue (delivery `queue`) and the dead-letter queue:
    - `retention_days`: days that the queue holds a message, 1 to 13.
    - `minimum_outage_hours`: how long messages must be able to wait for Datadog before they go to the dead-letter queue.
    - `max_receive_count`: attempts before that, 1 to 1000; up to 20 of them come early and do not count for `minimum_outage_hours`; null = as many as that takes.
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

  # A message keeps its age when SQS moves it to the dead-letter queue, which holds 14 days: what is left of them is the time to act.
  validation {
    condition     = var.queue.retention_days >= 1 && var.queue.retention_days <= 13
    error_message = "queue.retention_days must be from 1 to 13: a message keeps its age in the dead-letter queue, which holds it 14 days at most (the limit of SQS)."
  }

  validation {
    condition     = var.queue.minimum_outage_hours >= 0
    error_message = "queue.minimum_outage_hours must be 0 or more."
  }

  validation {
    condition     = var.queue.max_receive_count == null || try(var.queue.max_receive_count >= 1 && var.queue.max_receive_count <= 1000 && var.queue.max_receive_count == floor(var.queue.max_receive_count), false)
    error_message = "queue.max_receive_count must be a whole number from 1 to 1000, the limit of SQS; null = derived from queue.minimum_outage_hours."
  }

  validation {
    condition     = var.queue.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.queue.kms_key_arn))
    error_message = "queue.kms_key_arn must be the ARN of a customer managed key (arn:...:key/...). alias/aws/sqs cannot be used: its policy does not let SNS send to the queue. For encryption without a key of your own leave it null (SSE-SQS)."
  }
}

variable "alarms" {
  description = <<-EOT
    CloudWatch alarms:
    - `enabled`: false = none.
    - `actions`: ARNs, normally of SNS topics, notified when an alarm fires and clears; empty = the alarms show in CloudWatch only.
    - `oldest_message_seconds`: age of the oldest waiting message that is too old, 60 or more (delivery `queue`), which shows a backlog; null = one and a half times the visibility timeout.
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

  validation {
    condition     = alltrue([for arn in var.alarms.actions : can(regex("^arn:[^:]+:[a-z0-9-]+:", arn))])
    error_message = "alarms.actions must be ARNs, such as that of an SNS topic."
  }

  validation {
    condition     = var.alarms.enabled || (length(var.alarms.actions) == 0 && var.alarms.no_event_hours == null && var.alarms.oldest_message_seconds == null)
    error_message = "alarms.enabled is false, so the other settings of alarms have no effect. Remove them, or enable the alarms."
  }

  validation {
    condition     = var.alarms.oldest_message_seconds == null || try(var.alarms.oldest_message_seconds >= 60, false)
    error_message = "alarms.oldest_message_seconds must be 60 or more; null = one and a half times the visibility timeout."
  }

  # Seven days are the longest that an alarm evaluates, by periods of an hour.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  validation {
    condition     = var.alarms.no_event_hours == null || try(var.alarms.no_event_hours >= 1 && var.alarms.no_event_hours <= 168 && var.alarms.no_event_hours == floor(var.alarms.no_event_hours), false)
    error_message = "alarms.no_event_hours must be a whole number from 1 to 168 (seven days, the longest that CloudWatch evaluates); null = no such alarm."
  }
}

variable "tags" {
  description = "Tags of every resource that takes tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
