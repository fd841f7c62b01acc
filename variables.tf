variable "name" {
  description = "Prefix of every resource name. Copies with different names can share an account."
  type        = string
  default     = "deep-security-datadog"
  nullable    = false

  # IAM user names have at most 64 characters, and the publisher's is this plus "-publisher".
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,53}$", var.name))
    error_message = "name must have 1 to 54 letters, digits, hyphens or underscores and start with a letter or digit."
  }
}

variable "datadog" {
  description = <<-EOT
    Datadog site, and where the function reads the API key from. Set exactly one of `api_key_secret_arn` and `api_key_ssm_parameter`:
    - `api_key_secret_arn`: Full ARN of a Secrets Manager secret that holds the key as plain text, or as JSON under `DD_API_KEY`, `dd_api_key`, `apiKey` or `api_key`.
    - `api_key_ssm_parameter`: Name of an SSM parameter, usually a SecureString; its ARN if it is in another account.
    - `api_key_kms_key_arn`: ARN of the customer managed key that encrypts the secret or parameter; null = AWS managed key.
    - `api_key_reload_interval`: Seconds until the function reads the key again and picks up a rotated one.
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
    error_message = "Set exactly one of datadog.api_key_secret_arn (Secrets Manager) and datadog.api_key_ssm_parameter (Parameter Store)."
  }

  # The role may read this one secret, and IAM matches the full ARN, including its six random characters.
  validation {
    condition     = var.datadog.api_key_secret_arn == null || can(regex("^arn:[^:]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+-[A-Za-z0-9]{6}$", var.datadog.api_key_secret_arn))
    error_message = "datadog.api_key_secret_arn must be the full ARN of a secret, including the six characters that Secrets Manager appends (see `aws secretsmanager describe-secret`). Never put the API key itself here."
  }

  validation {
    condition     = var.datadog.api_key_ssm_parameter == null || can(regex("^(arn:[^:]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*|(/[A-Za-z0-9_.-]+)+|[A-Za-z0-9_.-]+)$", var.datadog.api_key_ssm_parameter))
    error_message = "datadog.api_key_ssm_parameter must be the name or ARN of an SSM parameter: a path starts with a slash, such as /datadog/api-key, and an ARN has parameter/ before the name."
  }

  # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
  validation {
    condition     = var.datadog.api_key_ssm_parameter == null || !can(regex("(^|:parameter)/?(?i:aws|ssm)|(/[^/]*){16}", var.datadog.api_key_ssm_parameter))
    error_message = "datadog.api_key_ssm_parameter is not a name that Parameter Store accepts: it must not begin with aws or ssm, and may have at most 15 levels."
  }

  # A bare API key is a valid parameter name; accepted as one, it would end up in the state and the function's environment.
  validation {
    condition     = var.datadog.api_key_ssm_parameter == null || !can(regex("^[0-9a-fA-F]{32}$", var.datadog.api_key_ssm_parameter))
    error_message = "datadog.api_key_ssm_parameter looks like an API key. Store the key in a SecureString parameter and set the name of that parameter."
  }

  validation {
    condition     = var.datadog.api_key_kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.datadog.api_key_kms_key_arn))
    error_message = "datadog.api_key_kms_key_arn must be a key ARN (arn:...:key/...), because IAM policies cannot name an alias. Leave it null for the AWS managed key."
  }

  validation {
    condition     = var.datadog.api_key_reload_interval >= 0 && var.datadog.api_key_reload_interval == floor(var.datadog.api_key_reload_interval)
    error_message = "datadog.api_key_reload_interval must be a whole number of seconds, 0 or more."
  }

  # No list of sites, because Datadog adds new ones.
  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]+$", var.datadog.site)) && !can(regex("^(app|api|www|http-intake)\\.", var.datadog.site))
    error_message = "datadog.site must be a site such as datadoghq.com, datadoghq.eu or us5.datadoghq.com, without https:// and without a leading app. or api."
  }
}

variable "datadog_tags" {
  description = "Tags to add to everything sent to Datadog, such as { env = \"production\" }."
  type        = map(string)
  default     = {}
  nullable    = false

  # 200 characters: https://docs.datadoghq.com/getting_started/tagging/
  validation {
    condition = alltrue([
      for key, value in var.datadog_tags :
      can(regex("^[A-Za-z][A-Za-z0-9_./-]*$", key)) && can(regex("^[^,\\s]+$", value)) && length("${key}:${value}") <= 200
    ])
    error_message = "datadog_tags keys must start with a letter, followed by letters, digits or _-./ ; values must not contain commas or whitespace; key and value must have at most 200 characters together. Datadog would silently alter other tags."
  }
}

variable "destinations" {
  description = <<-EOT
    Where events go: `events` (Datadog events), `logs` (Datadog logs, for Cloud SIEM), or both. Options of each destination:
    - `url`: Base URL of a proxy, or of PrivateLink without private DNS; null = the URL of datadog.site, which PrivateLink with private DNS serves, too.
    - `ocsf`: For `logs` only: whether each log also carries its event in OCSF, for Cloud SIEM rules over `@ocsf.*`. Logs grow by two thirds (docs/cost.md).
    - `filter`: Which events go there; {} = all.
    - `filter.event_types`: Only these types, such as AntiMalwareEvent; null = all.
    - `filter.rank_greater_than`: Only events with a rank (severity times asset value) strictly greater than this; null = any. A firewall deny ranks 100, like a critical intrusion, so use `minimum_severity` to select important events.
    - `filter.unranked_events`: With `rank_greater_than`, whether to `keep` or `drop` events without a rank, such as every SystemEvent, AntiMalwareEvent and AppControlEvent.
    - `filter.minimum_severity`: info, low, medium, high or critical.
    - `filter.exclude`: Maps of property to glob (`*`, `?`); an event that matches every entry of a map is dropped.
    - `filter.fold_repeats`: true = identical events in a message (same tenant, type, host, severity, action, and rule or finding) become one event with a count and the first and last time.
  EOT
  type = map(object({
    url  = optional(string)
    ocsf = optional(bool, false)
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
    error_message = length(var.destinations) == 0 ? "destinations is empty, so nothing would be sent. Set events, logs, or both." : "destinations names unknown destinations: ${join(", ", setsubtract(keys(var.destinations), local.destination_names))}. Use ${join(" or ", local.destination_names)}."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : destination != null])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if destination == null])} is null. Use {} for a destination without options, or remove it."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(destination.url == null || can(regex(local.base_url_pattern, destination.url)), true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(!can(regex(local.base_url_pattern, coalesce(destination.url, "http://localhost"))), false)])}.url must be the https URL of a host, without a path, such as https://api.datadoghq.eu. Plain http is allowed for localhost only, because the API key travels in a header."
  }

  validation {
    condition     = !try(var.destinations.events.ocsf, false)
    error_message = "destinations.events.ocsf is true, but only logs carry OCSF. Set destinations.logs.ocsf."
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(length(setsubtract(destination.filter.event_types, local.event_type_names)) == 0, true)])
    error_message = join("\n", [for name, destination in var.destinations : "destinations.${name}.filter.event_types names unknown types: ${join(", ", [for type in setsubtract(destination.filter.event_types, local.event_type_names) : coalesce(type, "null")])}. Use ${join(", ", local.event_type_names)}. For a type that Deep Security added later, leave event_types null and drop unwanted types with exclude." if try(length(setsubtract(destination.filter.event_types, local.event_type_names)) > 0, false)])
  }

  validation {
    condition     = alltrue([for destination in values(var.destinations) : try(length(destination.filter.event_types) > 0, true)])
    error_message = "destinations.${join(", ", [for name, destination in var.destinations : name if try(length(destination.filter.event_types) == 0, false)])}.filter.event_types is empty, which would drop everything. Leave it null for all types."
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
    ])])}.filter.exclude has an empty map (which every event matches), an empty glob, or a property name that is empty or contains * or ?. Use full property names and globs for their values, such as { Hostname = \"dev-*\" }."
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
    )) == 0, false)])}.filter drops everything: no type passes event_types, rank_greater_than and minimum_severity together. Loosen one of them. Types without a rank: ${join(", ", setsubtract(local.event_type_names, local.ranked_event_types))}. Highest severity of each type: ${join(", ", [for name, type in local.event_types : "${type.highest_severity} (${name})"])}."
  }
}

variable "console_url" {
  description = "URL of the Deep Security console that events link to, such as https://dsm.example.com:4119. null = no links."
  type        = string
  default     = null

  validation {
    condition     = var.console_url == null || can(regex("^https://[^\\s?#<>()\"]+$", var.console_url))
    error_message = "console_url must be an https URL without a query, such as https://dsm.example.com:4119."
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
    SNS topic that Deep Security publishes to:
    - `create`: false = forward only from the topics in topic_arns.
    - `kms_key_arn`: ARN of the customer managed key of the created topic, or with create = false, of the topics in topic_arns that the created user publishes to. Its policy needs the output key_policy_statements. null = AWS managed key alias/aws/sns, which only principals of this account can use.
  EOT
  type = object({
    create      = optional(bool, true)
    kms_key_arn = optional(string)
  })
  default  = {}
  nullable = false
}

variable "topic_arns" {
  description = "ARNs of existing SNS topics to forward from as well, in this account or others, each under a name of your choice, such as the account's. Names must be known at plan; ARNs need not be. Before you rename one, see \"Rename a topic or hand over its subscription\" in docs/planned-work.md. If their MaximumMessageSize is above 256 KiB, set `queue.maximum_message_size`: messages that fit into neither queue are lost."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = var.topic.create || length(var.topic_arns) > 0
    error_message = "topic.create is false and topic_arns is empty, so there is nothing to forward from. Add an existing topic, or set topic.create = true."
  }

  validation {
    condition     = !(var.topic.create && contains(keys(var.topic_arns), "created"))
    error_message = "topic_arns uses the name \"created\", which the created topic has. Choose another name, or set topic.create = false."
  }

  validation {
    condition     = alltrue([for arn in values(var.topic_arns) : can(regex("^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "topic_arns must be ARNs of standard SNS topics, without wildcards. Deep Security cannot publish to FIFO topics."
  }

  validation {
    condition     = length(distinct(values(var.topic_arns))) == length(var.topic_arns)
    error_message = "topic_arns lists a topic twice. List each once: SNS keeps only one subscription per topic and endpoint."
  }
}

variable "subscribe" {
  description = "Whether to subscribe to the topics in topic_arns. false = you subscribe to each with modules/subscription, as topics in other regions require. A created topic is always subscribed to. Before you change it, see \"Rename a topic or hand over its subscription\" in docs/planned-work.md."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.subscribe || length(var.topic_arns) > 0
    error_message = "subscribe = false has no effect without topic_arns. Remove it: the created topic is always subscribed to."
  }
}

variable "publishers" {
  description = <<-EOT
    Who may publish to the created topic. Publishers in other accounts require `topic.kms_key_arn`:
    - `create_user`: Whether to create the IAM user that Deep Security publishes as. With topic.create = false, it may publish to the topics in topic_arns.
    - `source_cidrs`: Public IP ranges that the user may publish from; empty = anywhere.
    - `user_path`: IAM path of the user.
    - `permissions_boundary_arn`: ARN of the user's permissions boundary, null = none.
    - `principal_arns`: ARNs of other IAM users or roles.
    - `account_ids`: IDs of whole accounts.
    - `organization_id`: ID of an AWS organization, null = none.
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
    error_message = "publishers.principal_arns, account_ids and organization_id have no effect on existing topics. Ask their owners to admit these publishers, or set topic.create = true."
  }

  validation {
    condition     = var.publishers.create_user || (length(var.publishers.source_cidrs) == 0 && var.publishers.permissions_boundary_arn == null)
    error_message = "publishers.source_cidrs and permissions_boundary_arn restrict the created user, but publishers.create_user is false. Remove them, or set create_user = true."
  }

  # Not in the variable topic: two variables whose validations refer to each other form a cycle.
  validation {
    condition     = var.topic.kms_key_arn == null || var.topic.create || var.publishers.create_user
    error_message = "topic.kms_key_arn has no effect, because topic.create and publishers.create_user are both false. Remove it: the owner of an existing topic manages its key."
  }
}

variable "function" {
  description = <<-EOT
    Lambda function:
    - `memory_size`: Memory in MB, 128 to 10240. CPU grows with it: a full batch of 1,000 events takes some 6 seconds with 256, twice that with 128.
    - `timeout`: Seconds per invocation, 5 to 900. The queue's visibility timeout is at least six times as long.
    - `architecture`: arm64 or x86_64.
    - `runtime`: python3.11 or newer.
    - `maximum_concurrency`: Invocations at once, 2 to 1000 (delivery `queue` only).
    - `allow_recursion`: Whether to turn off Lambda's recursive loop detection, which would stop long chains of remainders (delivery `queue` only). Set false in AWS GovCloud, which lacks this API. See docs/delivery.md.
    - `log_retention_days`: Days to keep logs.
    - `log_kms_key_arn`: ARN of the log group's customer managed key, null = CloudWatch's own encryption.
    - `log_level`: DEBUG, INFO and WARNING write the same lines, ERROR leaves out the warnings.
    - `permissions_boundary_arn`: ARN of the role's permissions boundary, null = none.
    - `role_path`: IAM path of the role.
    - `subnet_ids`, `security_group_ids`: IDs; set both to run in a VPC (docs/operating.md says what it must reach); empty = no VPC.
    - `https_proxy`: URL of the proxy for all requests, to Datadog and AWS, such as http://proxy.example.com:3128; null = none.
    - `no_proxy`: Hosts and domains to reach without the proxy, such as .amazonaws.com with VPC endpoints; empty = none.
    - `ca_bundle`: Path of a PEM file in the function that replaces the public certificate authorities, such as /opt/ca-bundle.pem from a layer; null = the public ones. docs/operating.md shows how to make one.
    - `layers`: ARNs of layer versions, up to five; empty = none.
    - `package_path`: Path of another zip to deploy; null = the one in this module.
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
    https_proxy              = optional(string)
    no_proxy                 = optional(set(string), [])
    ca_bundle                = optional(string)
    layers                   = optional(list(string), [])
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
    error_message = "function.timeout must be a whole number of seconds from 5 (less is too short for a request to Datadog) to 900 (Lambda's limit)."
  }

  validation {
    condition     = contains(["arm64", "x86_64"], var.function.architecture)
    error_message = "function.architecture must be arm64 or x86_64."
  }

  validation {
    condition     = can(regex("^python3\\.(1[1-9]|[2-9][0-9])$", var.function.runtime))
    error_message = "function.runtime must be python3.11 or newer, such as python3.13."
  }

  validation {
    condition     = var.function.maximum_concurrency >= 2 && var.function.maximum_concurrency <= 1000 && var.function.maximum_concurrency == floor(var.function.maximum_concurrency)
    error_message = "function.maximum_concurrency must be a whole number from 2 to 1000, Lambda's range for SQS."
  }

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.function.log_retention_days)
    error_message = "function.log_retention_days must be a value that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653. Keeping logs forever (0) is not supported."
  }

  validation {
    condition     = var.function.log_kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.function.log_kms_key_arn))
    error_message = "function.log_kms_key_arn must be a key ARN (arn:...:key/...), because CloudWatch Logs does not accept an alias."
  }

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.function.log_level)
    error_message = "function.log_level must be DEBUG, INFO, WARNING or ERROR."
  }

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.function.role_path))
    error_message = "function.role_path must start and end with a slash, such as /service/."
  }

  validation {
    condition     = var.function.permissions_boundary_arn == null || can(regex("^arn:[^:]+:iam::([0-9]{12}|aws):policy/.+$", var.function.permissions_boundary_arn))
    error_message = "function.permissions_boundary_arn must be the ARN of a managed policy (arn:...:policy/...)."
  }

  validation {
    condition     = (length(var.function.subnet_ids) == 0) == (length(var.function.security_group_ids) == 0)
    error_message = "function.subnet_ids and function.security_group_ids go together. Set both to run in a VPC, or neither."
  }

  # https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
  validation {
    condition     = length(var.function.subnet_ids) <= 16 && length(var.function.security_group_ids) <= 5
    error_message = "function has ${length(var.function.subnet_ids)} subnet_ids and ${length(var.function.security_group_ids)} security_group_ids. Lambda takes up to 16 and 5."
  }

  # A password would end up in the state and the function's environment.
  validation {
    condition     = var.function.https_proxy == null || can(regex("^https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]+)?/?$", var.function.https_proxy))
    error_message = "function.https_proxy must be the URL of a proxy without user, password and path, such as http://proxy.example.com:3128. If the proxy asks for a password, have it admit the function's subnets instead."
  }

  validation {
    condition     = alltrue([for host in var.function.no_proxy : can(regex("^[A-Za-z0-9.:/_-]+$", host))]) && (length(var.function.no_proxy) == 0 || var.function.https_proxy != null)
    error_message = var.function.https_proxy == null ? "function.no_proxy has no effect without function.https_proxy. Set both, or neither." : "function.no_proxy must be hosts, domains or IP ranges without scheme, port list or wildcard, such as .example.com."
  }

  validation {
    condition     = var.function.ca_bundle == null || can(regex("^/(opt|var/task)/[A-Za-z0-9._/-]+$", var.function.ca_bundle))
    error_message = "function.ca_bundle must be the path of a PEM file in the function: /opt/... of a layer, or /var/task/... of a package of your own."
  }

  validation {
    condition     = var.function.ca_bundle == null || length(var.function.layers) > 0 || var.function.package_path != null
    error_message = "function.ca_bundle names a file that no layer or package provides. Add the layer that contains it to function.layers."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  validation {
    condition     = length(var.function.layers) <= 5 && alltrue([for arn in var.function.layers : can(regex("^arn:[^:]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$", arn))])
    error_message = "function.layers must be up to five ARNs of layer versions, each with its version at the end (arn:...:layer:name:1)."
  }

  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  validation {
    condition     = length(distinct([for arn in var.function.layers : trimsuffix(arn, regex("[^:]*$", arn))])) == length(var.function.layers)
    error_message = "function.layers has a layer twice, and Lambda takes one version of each. Remove the older one."
  }

  validation {
    condition     = var.function.package_path == null || try(fileexists(var.function.package_path), false)
    error_message = "function.package_path is not a file. Build one with `python lambda/package.py --output PATH`, or leave it null for the zip in this module."
  }
}

variable "queue" {
  description = <<-EOT
    Queue (delivery `queue` only) and dead-letter queue:
    - `retention_days`: Days that the queue keeps a message, 1 to 13.
    - `minimum_outage_hours`: Hours of Datadog downtime that messages must survive before they go to the dead-letter queue.
    - `max_receive_count`: Attempts before that, 1 to 1000. The first 20 come early and do not count towards `minimum_outage_hours`; null = as many as `minimum_outage_hours` requires.
    - `maximum_message_size`: Bytes that a message may have in either queue, 262144 to 1048576; null = the AWS provider's default, 262144. More requires AWS provider 6.8 or newer. Set it for topics with a larger MaximumMessageSize.
    - `kms_key_arn`: ARN of the customer managed key of both queues. Its policy needs the output key_policy_statements; null = keys managed by SQS (SSE-SQS).
  EOT
  type = object({
    retention_days       = optional(number, 7)
    minimum_outage_hours = optional(number, 24)
    max_receive_count    = optional(number)
    maximum_message_size = optional(number)
    kms_key_arn          = optional(string)
  })
  default  = {}
  nullable = false

  # A message keeps its age when SQS moves it to the dead-letter queue. What remains of the 14 days there is the time to act.
  validation {
    condition     = var.queue.retention_days >= 1 && var.queue.retention_days <= 13
    error_message = "queue.retention_days must be from 1 to 13: a message keeps its age in the dead-letter queue, which keeps it for 14 days at most (SQS's limit)."
  }

  validation {
    condition     = var.queue.minimum_outage_hours >= 0
    error_message = "queue.minimum_outage_hours must be 0 or more."
  }

  validation {
    condition     = var.queue.max_receive_count == null || try(var.queue.max_receive_count >= 1 && var.queue.max_receive_count <= 1000 && var.queue.max_receive_count == floor(var.queue.max_receive_count), false)
    error_message = "queue.max_receive_count must be a whole number from 1 to 1000 (SQS's limit), or null to derive it from queue.minimum_outage_hours."
  }

  # Less would refuse messages that SNS accepts.
  validation {
    condition     = var.queue.maximum_message_size == null || try(var.queue.maximum_message_size >= 262144 && var.queue.maximum_message_size <= 1048576 && var.queue.maximum_message_size == floor(var.queue.maximum_message_size), false)
    error_message = "queue.maximum_message_size must be a whole number of bytes from 262144 (what SNS accepts) to 1048576 (SQS's limit), or null for the AWS provider's default."
  }

  validation {
    condition     = var.queue.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.queue.kms_key_arn))
    error_message = "queue.kms_key_arn must be the ARN of a customer managed key (arn:...:key/...). SNS cannot use alias/aws/sqs. Leave it null for encryption by SQS (SSE-SQS)."
  }
}

variable "alarms" {
  description = <<-EOT
    CloudWatch alarms:
    - `enabled`: false = no alarms.
    - `actions`: ARNs, usually of SNS topics, notified when an alarm fires and clears; empty = alarms show in CloudWatch only.
    - `oldest_message_seconds`: Age in seconds, 60 or more, at which the oldest waiting message counts as a backlog (delivery `queue` only); null = 1.5 times the visibility timeout.
    - `no_event_hours`: Whole hours without any event, 1 to 168, until an alarm fires; null = no such alarm.
    - `runbook_url`: URL of your copy of docs/operating.md, with the same headings. Each alarm's description links to its section there; null = the description names the file.
  EOT
  type = object({
    enabled                = optional(bool, true)
    actions                = optional(set(string), [])
    oldest_message_seconds = optional(number)
    no_event_hours         = optional(number)
    runbook_url            = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in var.alarms.actions : can(regex("^arn:[^:]+:[a-z0-9-]+:", arn))])
    error_message = "alarms.actions must be ARNs, such as those of SNS topics."
  }

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  validation {
    condition     = length(var.alarms.actions) <= 5
    error_message = "alarms.actions has ${length(var.alarms.actions)} ARNs, and CloudWatch takes up to 5. Let one SNS topic notify the others."
  }

  validation {
    condition     = var.alarms.enabled || (length(var.alarms.actions) == 0 && var.alarms.no_event_hours == null && var.alarms.oldest_message_seconds == null && var.alarms.runbook_url == null)
    error_message = "alarms.enabled is false, so the other alarms settings have no effect. Remove them, or set enabled = true."
  }

  validation {
    condition     = var.alarms.oldest_message_seconds == null || try(var.alarms.oldest_message_seconds >= 60, false)
    error_message = "alarms.oldest_message_seconds must be 60 or more, or null for 1.5 times the visibility timeout."
  }

  validation {
    condition     = var.alarms.runbook_url == null || can(regex("^https?://[^\\s#]{1,250}$", var.alarms.runbook_url))
    error_message = "alarms.runbook_url must be an http(s) URL of up to 250 characters without a fragment: each alarm appends its own, such as #stalled."
  }

  # With periods of an hour, an alarm evaluates seven days at most.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  validation {
    condition     = var.alarms.no_event_hours == null || try(var.alarms.no_event_hours >= 1 && var.alarms.no_event_hours <= 168 && var.alarms.no_event_hours == floor(var.alarms.no_event_hours), false)
    error_message = "alarms.no_event_hours must be a whole number from 1 to 168 (seven days, CloudWatch's limit), or null for no such alarm."
  }
}

variable "tags" {
  description = "Tags for every resource, except the event source mapping in AWS GovCloud and China, where Lambda does not accept them. Do not use the provider's default_tags there, because they would tag it."
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
