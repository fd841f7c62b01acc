locals {
  package_path = coalesce(var.function.package_path, "${path.module}/lambda/deep-security-datadog.zip")
  datadog_tags = join(",", [for key, value in var.datadog_tags : "${key}:${value}"])

  environment = {
    DD_SITE                           = var.datadog.site
    DD_API_KEY_SECRET_ARN             = var.datadog.api_key_secret_arn
    DD_API_KEY_SSM_NAME               = var.datadog.api_key_ssm_parameter
    DD_API_KEY_SECRET_RELOAD_INTERVAL = tostring(var.datadog.api_key_reload_interval)
    DD_TAGS                           = length(var.datadog_tags) == 0 ? null : local.datadog_tags
    DD_LOG_LEVEL                      = var.function.log_level
    DESTINATIONS                      = jsonencode(var.destinations)
    CONSOLE_URL                       = var.console_url
    QUEUE_URL                         = one(aws_sqs_queue.this[*].url)
    QUEUE_VISIBILITY_TIMEOUT          = local.use_queue ? tostring(local.visibility_timeout) : null
    QUEUE_MAXIMUM_MESSAGE_SIZE        = var.queue.maximum_message_size == null ? null : tostring(var.queue.maximum_message_size)
    DEAD_LETTER_QUEUE_URL             = aws_sqs_queue.dead_letter.url

    # The names that requests and botocore expect.
    HTTPS_PROXY        = var.function.https_proxy
    NO_PROXY           = length(var.function.no_proxy) == 0 ? null : join(",", sort(var.function.no_proxy))
    REQUESTS_CA_BUNDLE = var.function.ca_bundle
    AWS_CA_BUNDLE      = var.function.ca_bundle
  }
}

# For the reasons of CKV_AWS_50 below.
#trivy:ignore:AWS-0066
resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:Tracing requires xray actions on every resource, and logs and metrics cover the one hop to Datadog.
  #checkov:skip=CKV_AWS_115:Reserved concurrency takes from the account's pool, and throttled messages count as received. The event source mapping limits concurrency.
  #checkov:skip=CKV_AWS_116:Failed messages return to the queue and then go to the dead-letter queue; with direct delivery, the on-failure destination sends them there.
  #checkov:skip=CKV_AWS_173:The environment names the secret but does not contain it. Lambda encrypts it at rest with its own key.
  #checkov:skip=CKV_AWS_272:The package comes with the module, and its hash is in the plan. A signing profile would belong to the user's account and add nothing.

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
  layers           = var.function.layers
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
    # Otherwise, Lambda creates the log group at the first invocation, without retention.
    aws_cloudwatch_log_group.this,
    # Lambda checks at creation that the role may do what the VPC and the event source need.
    aws_iam_role_policy.this,
  ]

  lifecycle {
    # A recreated role may not decrypt the environment, despite its ARN: Lambda granted aws/lambda to the old one when it created the function.
    # docs/reference/aws-limits.md#lambda
    replace_triggered_by = [aws_iam_role.this.unique_id]

    precondition {
      condition     = local.use_queue || local.function_policy_bytes <= 20480
      error_message = "topic_arns lists ${length(var.topic_arns)} topics, too many for the function's policy: it would have up to ${local.function_policy_bytes} bytes, and Lambda allows 20480. Use delivery = \"queue\", or spread the topics over several copies of this module."
    }

    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    precondition {
      condition     = local.environment_bytes_without_key <= 4096
      error_message = "The function's environment would have up to ${local.environment_bytes_without_key} bytes, and Lambda allows 4096: destinations, datadog_tags and function.no_proxy are too long together. Shorten exclude with globs and no_proxy with domains, or filter in Deep Security."
    }

    # Known only during the apply if that creates the secret.
    precondition {
      condition     = local.environment_bytes_without_key > 4096 || local.environment_bytes <= 4096
      error_message = "The function's environment would have up to ${local.environment_bytes} bytes, and Lambda allows 4096: destinations, datadog_tags and function.no_proxy are too long together. Shorten exclude with globs and no_proxy with domains, or filter in Deep Security."
    }
  }
}
