# Delivery "queue": Lambda polls the queue.
resource "aws_lambda_event_source_mapping" "queue" {
  count = local.use_queue ? 1 : 0

  event_source_arn = aws_sqs_queue.this[0].arn
  function_name    = aws_lambda_function.this.arn
  batch_size       = 10
  # Do not wait for a fuller batch: a timely alert is worth an invocation.
  maximum_batching_window_in_seconds = 0
  # Only failed messages return to the queue.
  function_response_types = ["ReportBatchItemFailures"]
  # AWS China and GovCloud do not accept tags here: https://github.com/hashicorp/terraform-provider-aws/issues/40755
  tags = local.partition == "aws" ? var.tags : null

  # Not reserved concurrency, which takes from the account's pool and makes throttled messages count as received.
  scaling_config {
    maximum_concurrency = var.function.maximum_concurrency
  }
}

# Lambda stops functions that call themselves through SQS, which a chain of remainders looks like: each is sent by the invocation that read
# the previous one. The chain does end, because each remainder is strictly smaller.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
resource "aws_lambda_function_recursion_config" "this" {
  count = local.use_queue && var.function.allow_recursion ? 1 : 0

  function_name  = aws_lambda_function.this.function_name
  recursive_loop = "Allow"

  # A replaced function starts without this, but keeps its name, which is all that this refers to. Likewise below.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.this.arn]
  }
}

# Delivery "direct": SNS invokes the function.
resource "aws_lambda_permission" "topic" {
  for_each = local.use_queue ? {} : local.topic_arns

  statement_id  = "topic-${substr(sha256(each.key), 0, 16)}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = local.sns_principals[each.key]
  source_arn    = each.value

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this.arn]
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count = local.use_queue ? 0 : 1

  function_name = aws_lambda_function.this.function_name
  # Lambda's limits: 2 retries, and 6 hours while throttled.
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letter.arn
    }
  }

  lifecycle {
    replace_triggered_by = [aws_lambda_function.this.arn]
  }
}
