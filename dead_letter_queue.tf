resource "aws_sqs_queue" "dead_letter" {
  name = "${var.name}-dead-letter"
  # 14 days, SQS's limit.
  message_retention_seconds = 1209600
  max_message_size          = var.queue.maximum_message_size
  # As long as the queue's, for a function that reads from here.
  visibility_timeout_seconds = local.visibility_timeout
  sqs_managed_sse_enabled    = var.queue.kms_key_arn == null ? true : null
  kms_master_key_id          = var.queue.kms_key_arn
  tags                       = var.tags
}

resource "aws_sqs_queue_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in local.queue_statements : merge(statement, { Resource = aws_sqs_queue.dead_letter.arn })
    ]
  })

  # Checked here, because both kinds of delivery have this policy, only a resource knows the region, and a variable's validations cannot use
  # locals derived from it.
  lifecycle {
    precondition {
      condition     = local.queue_policy_bytes <= 8192
      error_message = "topic_arns lists ${length(var.topic_arns)} topics, too many for the queues' policy: it would have up to ${local.queue_policy_bytes} bytes, and SQS allows 8192. Spread the topics over several copies of this module, or let several accounts publish to one topic, as in examples/one-topic."
    }

    precondition {
      condition     = length(local.unreachable_topic_arns) == 0
      error_message = "SNS cannot deliver from ${join(", ", local.unreachable_topic_arns)} to ${local.region}, an opt-in region: it does not deliver between opt-in regions, or from another region to a function there (delivery \"direct\"). Deploy to the topic's region, or use delivery \"queue\" in a region that is enabled by default."
    }
  }
}

# A separate resource, because each queue names the other.
resource "aws_sqs_queue_redrive_allow_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.url

  redrive_allow_policy = jsonencode(merge(
    { redrivePermission = local.use_queue ? "byQueue" : "denyAll" },
    local.use_queue ? { sourceQueueArns = aws_sqs_queue.this[*].arn } : {},
  ))
}
