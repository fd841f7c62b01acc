variable "account" {
  description = "Name of the account in the outputs."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Name of the topic and prefix of the user's name."
  type        = string
  nullable    = false
}

variable "endpoint_arn" {
  description = "The forwarder's `endpoint_arn`."
  type        = string
  nullable    = false
}

# Separate, because this waits for the queue's policy, which names this account's topic, and endpoint_arn does not.
variable "subscription_endpoint" {
  description = "The forwarder's `subscription_endpoint`."
  type = object({
    arn                   = string
    dead_letter_queue_arn = string
  })
  nullable = false
}

variable "tags" {
  description = "Tags of the topic and the user."
  type        = map(string)
  nullable    = false
}
