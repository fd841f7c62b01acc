variable "security" {
  description = "Profile (of the AWS configuration) and region of the security account."
  type = object({
    profile = string
    region  = string
  })
  default  = { profile = "security", region = "eu-central-1" }
  nullable = false
}

variable "datadog_api_key" {
  description = "API key of the Datadog organization. Terraform passes it on and keeps it nowhere."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^\\S+$", var.datadog_api_key))
    error_message = "datadog_api_key must not be empty and must not contain blanks. Set it by the environment variable TF_VAR_datadog_api_key."
  }
}

variable "datadog_api_key_version" {
  description = "Raise it by one to store another datadog_api_key."
  type        = number
  default     = 1
  nullable    = false
}

variable "datadog_site" {
  description = "Datadog site of the organization, such as datadoghq.eu."
  type        = string
  default     = "datadoghq.com"
  nullable    = false
}

variable "datadog_api_url" {
  description = "Base URL instead of the site's, for PrivateLink or a proxy. null = derived from the site."
  type        = string
  default     = null
}

variable "console_url" {
  description = "Address of the Deep Security console, such as https://dsm.example.com:4119, to which events link. null = no links."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of every resource name."
  type        = string
  default     = "deep-security-datadog"
  nullable    = false
}

variable "alarm_topic_arns" {
  description = "ARNs of SNS topics that the alarms notify. Empty = the alarms show in CloudWatch only."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
