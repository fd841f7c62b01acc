locals {
  use_queue = var.delivery == "queue"

  # Six times the function's timeout, so that throttled invocations can be tried again before the messages return.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout = 6 * var.function.timeout

  # A message that fails returns after one visibility timeout. At least 5 attempts: the same page.
  max_receive_count = coalesce(
    var.queue.max_receive_count,
    max(5, ceil(var.queue.minimum_outage_hours * 3600 / local.visibility_timeout)),
  )
  longest_wait = local.max_receive_count * local.visibility_timeout
}

resource "aws_sqs_queue" "this" {
  count = local.use_queue ? 1 : 0

  name                       = var.name
  message_retention_seconds  = var.queue.retention_days * 86400
  visibility_timeout_seconds = local.visibility_timeout
  sqs_managed_sse_enabled    = var.queue.kms_key_arn == null ? true : null
  kms_master_key_id          = var.queue.kms_key_arn
  tags                       = var.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = local.max_receive_count
  })
}

resource "aws_sqs_queue_policy" "this" {
  count = local.use_queue ? 1 : 0

  queue_url = aws_sqs_queue.this[0].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in local.queue_statements : merge(statement, { Resource = aws_sqs_queue.this[0].arn })
    ]
  })
}

locals {
  # Of both queues: SNS fills the one by the subscription and the other by the subscription's redrive policy.
  queue_statements = [
    {
      Sid       = "TopicsSend"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Condition = { ArnEquals = { "aws:SourceArn" = sort(values(var.topic_arns)) } }
    },
    {
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    },
  ]
}
