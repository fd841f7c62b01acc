locals {
  # The largest maxReceiveCount:
  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html
  most_receives = 1000

  # The payload lets a message that failed come back after 10, 20, 40, then 50 s, which doubles from the eleventh time on, until that is the
  # visibility timeout (backoff.py). So many receives at most take less than it, and do not count below.
  early_receives = 20

  # At least six times the function's timeout, so that throttled invocations can be tried again before the messages return, and long enough
  # that the receives that SQS counts last minimum_outage_hours. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  minimum_outage_seconds = var.queue.minimum_outage_hours * 3600
  visibility_timeout     = max(6 * var.function.timeout, ceil(local.minimum_outage_seconds / (local.most_receives - local.early_receives)))

  max_receive_count = coalesce(
    var.queue.max_receive_count,
    local.early_receives + ceil(local.minimum_outage_seconds / local.visibility_timeout),
  )
  shortest_wait = max(0, local.max_receive_count - local.early_receives) * local.visibility_timeout
  longest_wait  = local.max_receive_count * local.visibility_timeout
}

resource "aws_sqs_queue" "this" {
  count = local.use_queue ? 1 : 0

  name                       = var.name
  message_retention_seconds  = var.queue.retention_days * 86400
  visibility_timeout_seconds = local.visibility_timeout
  sqs_managed_sse_enabled    = var.queue.kms_key_arn == null ? true : null
  kms_master_key_id          = var.queue.kms_key_arn
  tags                       = var.tags

  # Not at the variables, whose validation cannot use what is derived from them.
  lifecycle {
    precondition {
      condition     = local.shortest_wait >= local.minimum_outage_seconds
      error_message = "${local.max_receive_count} attempts (queue.max_receive_count), the first ${local.early_receives} sooner than one every ${local.visibility_timeout} s (the visibility timeout), end before queue.minimum_outage_hours (${var.queue.minimum_outage_hours}): messages would leave the queue while Datadog may still be down. Leave max_receive_count null, give at least ${local.early_receives + ceil(local.minimum_outage_seconds / local.visibility_timeout)}, or lower minimum_outage_hours."
    }

    precondition {
      condition     = local.longest_wait < var.queue.retention_days * 86400
      error_message = "${local.max_receive_count} attempts, one every ${local.visibility_timeout} s (the visibility timeout), take as long as queue.retention_days (${var.queue.retention_days}) or longer: messages would expire in the queue and never reach the dead-letter queue. Raise retention_days, or lower max_receive_count, minimum_outage_hours or function.timeout."
    }
  }
}

# By itself, so that both queues are made at once: the provider watches each change of a queue for half a minute.
resource "aws_sqs_queue_redrive_policy" "this" {
  count = local.use_queue ? 1 : 0

  queue_url = aws_sqs_queue.this[0].url
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
  queue_statements = concat(
    [for sender in local.senders : {
      Sid       = "TopicsSend${sender.sid_suffix}"
      Effect    = "Allow"
      Principal = { Service = sender.principal }
      Action    = "sqs:SendMessage"
      Condition = { ArnEquals = { "aws:SourceArn" = sender.topic_arns } }
    }],
    [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }],
  )
}
