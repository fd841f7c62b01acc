resource "aws_sns_topic_subscription" "queue" {
  for_each = local.use_queue ? local.subscribed_topic_arns : {}

  topic_arn      = each.value
  protocol       = "sqs"
  endpoint       = local.endpoint_arn
  redrive_policy = local.subscription_redrive_policy

  # SNS gives up on a queue that denies access, and without a redrive policy, failing messages stay until they expire.
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
  endpoint       = local.endpoint_arn
  redrive_policy = local.subscription_redrive_policy

  # Retries and the dead-letter queue must be in place before the first event.
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

  # For messages that SNS cannot deliver, such as while the endpoint's policy denies access.
  subscription_redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letter.arn })

  # The provider calls SNS in its own region, where topics of other regions do not exist.
  other_region_message = "topic_arns contains a topic outside ${local.region}. Set subscribe = false, and subscribe to each topic with modules/subscription and a provider of this account in the topic's region, as in examples/multi-account."
}
