# Delivery "queue": Lambda polls.
resource "aws_lambda_event_source_mapping" "queue" {
  count = local.use_queue ? 1 : 0

  event_source_arn = aws_sqs_queue.this[0].arn
  function_name    = aws_lambda_function.this.arn
  batch_size       = 10
  # No waiting for a fuller batch: an alert that is late is worth less than the invocations saved.
  maximum_batching_window_in_seconds = 0
  # A message that failed returns by itself, its neighbours do not.
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = var.tags

  # Here and not as reserved concurrency, which takes from the account's pool and makes throttled messages count as received.
  scaling_config {
    maximum_concurrency = var.function.maximum_concurrency
  }
}

# Lambda stops a function that it finds calling itself through SQS, and a chain of remainders looks like that: each is sent by the invocation
# that read the one before. It ends all the same, because a remainder is strictly smaller than what it is left of.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
resource "aws_lambda_function_recursion_config" "this" {
  count = local.use_queue && var.function.allow_recursion ? 1 : 0

  function_name  = aws_lambda_function.this.function_name
  recursive_loop = "Allow"
}

# Delivery "direct": SNS invokes.
resource "aws_lambda_permission" "topic" {
  for_each = local.use_queue ? {} : local.topic_arns

  statement_id  = "topic-${substr(sha256(each.key), 0, 16)}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = local.sns_principals[each.key]
  source_arn    = each.value
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count = local.use_queue ? 0 : 1

  function_name = aws_lambda_function.this.function_name
  # The most that Lambda offers of both: 2 more attempts, 6 hours while it is throttled.
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letter.arn
    }
  }
}
