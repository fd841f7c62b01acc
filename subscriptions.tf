resource "aws_sns_topic_subscription" "queue" {
  for_each = local.use_queue ? local.subscribed_topic_arns : {}

  topic_arn      = each.value
  protocol       = "sqs"
  endpoint       = aws_sqs_queue.this[0].arn
  redrive_policy = local.subscription_redrive_policy

  # SNS gives up on a queue that refuses it, and a queue without redrive policy keeps what fails until it expires.
  depends_on = [
    aws_sqs_queue_policy.dead_letter,
    aws_sqs_queue_policy.this,
    aws_sqs_queue_redrive_policy.this,
  ]

  lifecycle {
    precondition {
      condition     = split(":", each.value)[3] == local.region
      error_message = local.other_region_message
    }
  }
}

resource "aws_sns_topic_subscription" "function" {
  for_each = local.use_queue ? {} : local.subscribed_topic_arns

  topic_arn      = each.value
  protocol       = "lambda"
  endpoint       = aws_lambda_function.this.arn
  redrive_policy = local.subscription_redrive_policy

  # The first event must find everything that would catch it if it failed.
  depends_on = [
    aws_lambda_function_event_invoke_config.this,
    aws_lambda_permission.topic,
    aws_sqs_queue_policy.dead_letter,
  ]

  lifecycle {
    precondition {
      condition     = split(":", each.value)[3] == local.region
      error_message = local.other_region_message
    }
  }
}

locals {
  subscribed_topic_arns = merge(local.created_topic, var.subscribe ? var.topic_arns : {})

  # For what SNS cannot hand over, such as while the endpoint's policy is broken.
  subscription_redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letter.arn })

  # The provider calls SNS in its own region, where a topic of another one does not exist.
  other_region_message = "topic_arns names a topic outside of ${local.region}, the region of the queues. It must be subscribed in its own region: set subscribe = false, and make each subscription by modules/subscription with a provider of this account in the topic's region (examples/multi-account)."
}
