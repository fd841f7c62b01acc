variable "site" {
  description = "Datadog site of the organization, such as datadoghq.eu."
  type        = string
  default     = "datadoghq.com"
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]+$", var.site)) && !can(regex("^(app|api)\\.", var.site))
    error_message = "site must be a site's name such as datadoghq.com or us5.datadoghq.com, without https:// and without app. or api. in front."
  }
}

variable "notify" {
  description = "Handles that monitors and detection rules notify, such as @slack-security or @security@example.com."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.notify) > 0 && alltrue([for handle in var.notify : can(regex("^@\\S+$", handle))])
    error_message = "notify needs at least one handle; each begins with @ and has no blanks: [\"@slack-security\"]. Without one, monitors alert nobody."
  }
}

variable "destinations" {
  description = "The keys of the forwarder's destinations: `events`, `logs`, or both. What is only about the other one is left out; monitors watch events where there are any, detection rules logs."
  type        = set(string)
  default     = ["events"]
  nullable    = false

  validation {
    condition     = length(var.destinations) > 0 && length(setsubtract(var.destinations, ["events", "logs"])) == 0
    error_message = "destinations must be [\"events\"], [\"logs\"] or [\"events\", \"logs\"], as in the forwarder's variable of that name."
  }
}

variable "cloud_siem" {
  description = "Whether the organization has Cloud SIEM: true = the detection rules are created, and the pipeline marks logs as events of its schema, OCSF, where the forwarder sends them with `destinations.logs.ocsf`."
  type        = bool
  default     = true
  nullable    = false
}

variable "name" {
  description = "The forwarder's `name`, by which its queues are found. One that is not the default also prefixes all titles."
  type        = string
  default     = "deep-security-datadog"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]+$", var.name))
    error_message = "name must be the forwarder's: letters, digits, hyphens and underscores."
  }
}

variable "tags" {
  description = "Tags of the monitors, the detection rules and the pipeline, such as { team = \"security\" }. They are sent as Datadog stores tags: `Security Ops` becomes `security_ops`. The dashboard takes `team` only."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.tags : can(regex("^\\p{L}", key)) && can(regex("[\\p{L}\\p{Nd}]", value)) && length("${key}:${value}") <= 200
    ])
    error_message = "tags need keys that begin with a letter, and values with a letter or a digit, together at most 200 characters: Datadog cuts or refuses others."
  }
}

variable "suppress" {
  description = "What the detection rules do not look at: addresses of your vulnerability `scanners`, of `load_balancers` (only what was blocked), hosts by their tags (`host_tags`, such as maintenance:true: only their changes, blocked software and system events), and `processes` of configuration management in integrity monitoring (such as /var/cfengine/*). `*` and `?` are wildcards; write `?` for blanks, brackets and backslashes."
  type = object({
    scanners       = optional(set(string), [])
    load_balancers = optional(set(string), [])
    host_tags      = optional(set(string), [])
    processes      = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for value in setunion(var.suppress.scanners, var.suppress.load_balancers, var.suppress.processes) : can(regex("^[\\w.*?/-]+$", value))
    ]) && alltrue([for tag in var.suppress.host_tags : can(regex("^[\\w.-]+:[\\w.*?/-]+$", tag))])
    error_message = "suppress takes letters, digits and . * ? / _ -, in host_tags as key:value: write ? for any other character."
  }

  validation {
    condition = contains(var.destinations, "logs") || length(setunion(
      var.suppress.scanners, var.suppress.load_balancers, var.suppress.processes
    )) == 0
    error_message = "Rules over events know no addresses and processes: of suppress, set only host_tags, or add \"logs\" to destinations."
  }
}
