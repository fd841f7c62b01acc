locals {
  package_path = coalesce(var.function.package_path, "${path.module}/../../lambda/deep-security-datadog.zip")
  datadog_tags = join(",", [for key, value in var.datadog_tags : "${key}:${value}"])

  environment = {
    DD_SITE                           = var.datadog.site
    DD_API_URL                        = var.datadog.api_url
    DD_LOGS_URL                       = var.datadog.logs_url
    DD_API_KEY_SECRET_ARN             = var.datadog.api_key_secret_arn
    DD_API_KEY_SSM_NAME               = var.datadog.api_key_ssm_parameter
    DD_API_KEY_SECRET_RELOAD_INTERVAL = tostring(var.datadog.api_key_reload_interval)
    DD_TAGS                           = length(var.datadog_tags) == 0 ? null : local.datadog_tags
    DD_LOG_LEVEL                      = var.function.log_level
    DESTINATIONS                      = join(",", sort(var.destinations))
    FILTER                            = jsonencode(var.filter)
    LOGS_FILTER                       = var.logs_filter == null ? null : jsonencode(var.logs_filter)
    CONSOLE_URL                       = var.console_url
    QUEUE_URL                         = one(aws_sqs_queue.this[*].url)
    DEAD_LETTER_QUEUE_URL             = aws_sqs_queue.dead_letter.url
  }
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = "Forwards Deep Security events from SNS to Datadog."
  role             = aws_iam_role.this.arn
  filename         = local.package_path
  source_code_hash = filebase64sha256(local.package_path)
  handler          = "deep_security_datadog.handler.lambda_handler"
  runtime          = var.function.runtime
  architectures    = [var.function.architecture]
  memory_size      = var.function.memory_size
  timeout          = var.function.timeout
  tags             = var.tags

  environment {
    variables = { for name, value in local.environment : name => value if value != null }
  }

  dynamic "vpc_config" {
    for_each = local.use_vpc ? [1] : []

    content {
      subnet_ids         = var.function.subnet_ids
      security_group_ids = var.function.security_group_ids
    }
  }

  depends_on = [
    # Lambda makes the log group itself at the first invocation, without retention, if it is not there.
    aws_cloudwatch_log_group.this,
    # Lambda checks at creation that the role may do what the VPC and the event source need.
    aws_iam_role_policy.this,
  ]
}
