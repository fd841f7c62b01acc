variable "region" {
  description = "AWS region of the topic and everything behind it."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "profiles" {
  description = "AWS CLI profile of each account, under the name that this configuration calls it by."
  type        = map(string)
  default     = { security = "security", production = "production", staging = "staging" }
  nullable    = false
}

variable "datadog_site" {
  description = "Datadog site, such as datadoghq.eu."
  type        = string
  default     = "datadoghq.com"
  nullable    = false
}

variable "datadog_api_url" {
  description = "Base URL of a proxy to send events through, or of PrivateLink without private DNS. null = the site's own URL."
  type        = string
  default     = null
}

variable "alarm_topic_arns" {
  description = "ARNs of SNS topics to notify when an alarm fires or clears. Empty = alarms show in CloudWatch only."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags for every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
