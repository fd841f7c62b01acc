variable "topic_arn" {
  description = "ARN of the topic, in this account or another, in the provider's region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.topic_arn))
    error_message = "topic_arn must be the ARN of a standard SNS topic. Deep Security cannot publish to FIFO topics."
  }
}

variable "endpoint" {
  description = "The forwarder's `subscription_endpoint`: what to subscribe, and where SNS sends undeliverable messages. In the provider's account, in any region."
  type = object({
    arn                   = string
    dead_letter_queue_arn = string
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[^:]+:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:.+$", var.endpoint.arn))
    error_message = "endpoint.arn must be the ARN of an SQS queue or Lambda function. Use the forwarder's subscription_endpoint."
  }

  validation {
    condition     = can(regex("^arn:[^:]+:sqs:[a-z0-9-]+:[0-9]{12}:.+$", var.endpoint.dead_letter_queue_arn))
    error_message = "endpoint.dead_letter_queue_arn must be the ARN of an SQS queue. Use the forwarder's subscription_endpoint."
  }
}
