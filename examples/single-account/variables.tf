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

variable "console_url" {
  description = "URL of the Deep Security console that events link to, such as https://dsm.example.com:4119. null = no links."
  type        = string
  default     = null
}

variable "region" {
  description = "AWS region for everything. null = the region of your AWS CLI environment or profile."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of every resource name."
  type        = string
  default     = "deep-security-datadog"
  nullable    = false
}

variable "delivery" {
  description = "`queue`, or `direct` for no queue between topic and function, which does not survive a longer Datadog outage."
  type        = string
  default     = "queue"
  nullable    = false
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
