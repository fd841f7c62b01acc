# The provider must have the endpoint's account, which then owns the subscription and need not confirm it, and the topic's region.
resource "aws_sns_topic_subscription" "this" {
  topic_arn      = var.topic_arn
  protocol       = split(":", var.endpoint.arn)[2]
  endpoint       = var.endpoint.arn
  redrive_policy = local.same_region ? jsonencode({ deadLetterTargetArn = var.endpoint.dead_letter_queue_arn }) : null
}

locals {
  # SNS requires the dead-letter queue in the account and region of the subscription, whose region is the topic's.
  # https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
  same_region = split(":", var.topic_arn)[3] == split(":", var.endpoint.dead_letter_queue_arn)[3]
}
