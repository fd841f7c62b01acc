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
}

# By itself, because each queue names the other.
resource "aws_sqs_queue_redrive_allow_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.url

  redrive_allow_policy = jsonencode(merge(
    { redrivePermission = local.use_queue ? "byQueue" : "denyAll" },
    local.use_queue ? { sourceQueueArns = aws_sqs_queue.this[*].arn } : {},
  ))
}
