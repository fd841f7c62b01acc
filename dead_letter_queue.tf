resource "aws_sqs_queue" "dead_letter" {
  name = "${var.name}-dead-letter"
  # The longest that SQS offers: 14 days.
  message_retention_seconds = 1209600
  # A redrive moves messages one visibility timeout at a time, and a function that reads them needs what it needs at the queue.
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

  # Here because both kinds of delivery have this policy, and not at the variable because the own region is known by the queue only.
  lifecycle {
    precondition {
      condition     = length(local.unreachable_topic_arns) == 0
      error_message = "SNS does not deliver to ${local.region}, an opt-in region, from ${join(", ", local.unreachable_topic_arns)}: not between two opt-in regions, and to a function (delivery \"direct\") from no other region at all. Put the forwarder into the region of the topic or, for the queue, into one that is enabled by default."
    }
  }
}

# By itself, because each queue names the other.
resource "aws_sqs_queue_redrive_allow_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.url

  redrive_allow_policy = jsonencode(merge(
    { redrivePermission = local.use_queue ? "byQueue" : "denyAll" },
    local.use_queue ? { sourceQueueArns = aws_sqs_queue.this[*].arn } : {},
  ))
}
