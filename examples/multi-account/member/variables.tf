variable "account" {
  description = "Name of the account, under which the outputs show it."
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

# Apart from endpoint_arn, which is there before the queue's policy names the topic: this one is there after.
variable "subscription_endpoint" {
  description = "The forwarder's `subscription_endpoint`."
  type = object({
    arn                   = string
    dead_letter_queue_arn = string
  })
  nullable = false
}
