locals {
  # The largest maxReceiveCount:
  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html
  most_receives = 1000

  # The payload returns failed messages after 10, 20, 40, then 50 s, which doubles from the eleventh time on up to the visibility timeout
  # (`delay` in queues.py). At most this many receives come earlier than the visibility timeout, so they do not count below.
  early_receives = 20

  # At least six times the function's timeout, so that throttled invocations are retried before messages return, and long enough for SQS's
  # maximum of receives to last minimum_outage_hours. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
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
  max_message_size           = var.queue.maximum_message_size
  visibility_timeout_seconds = local.visibility_timeout
  sqs_managed_sse_enabled    = var.queue.kms_key_arn == null ? true : null
  kms_master_key_id          = var.queue.kms_key_arn
  tags                       = var.tags

  # Not in the variables' validations, which cannot use locals derived from them.
  lifecycle {
    precondition {
      condition     = local.shortest_wait >= local.minimum_outage_seconds
      error_message = "queue.max_receive_count (${local.max_receive_count}) is too low for queue.minimum_outage_hours (${var.queue.minimum_outage_hours}): after ${local.early_receives} early attempts, there is one every ${local.visibility_timeout} seconds. Leave max_receive_count null, raise it to at least ${local.early_receives + ceil(local.minimum_outage_seconds / local.visibility_timeout)}, or lower minimum_outage_hours."
    }

    precondition {
      condition     = local.longest_wait < var.queue.retention_days * 86400
      error_message = "Messages would expire in the queue and never reach the dead-letter queue: ${local.max_receive_count} attempts, one every ${local.visibility_timeout} seconds, do not end within queue.retention_days (${var.queue.retention_days}). Raise retention_days, or lower max_receive_count, minimum_outage_hours or function.timeout."
    }
  }
}

# A separate resource, so that both queues are created in parallel: the provider waits half a minute after each change of a queue.
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
  # For both queues: SNS sends to one for the subscription, to the other for the subscription's redrive policy.
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
