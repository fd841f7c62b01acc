locals {
  # Assembled, because the policy must exist before the function.
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"

  api_key_parameter_arn = (
    var.datadog.api_key_ssm_parameter == null ? null :
    startswith(var.datadog.api_key_ssm_parameter, "arn:") ? var.datadog.api_key_ssm_parameter :
    "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter/${trimprefix(var.datadog.api_key_ssm_parameter, "/")}"
  )

  api_key_arn = var.datadog.api_key_secret_arn != null ? var.datadog.api_key_secret_arn : local.api_key_parameter_arn

  # arn:<partition>:<service>:<region>:<account>:<name>
  api_key_arn_parts = split(":", local.api_key_arn)

  api_key_encryption_context = {
    (var.datadog.api_key_secret_arn != null ? "kms:EncryptionContext:SecretARN" : "kms:EncryptionContext:PARAMETER_ARN") = local.api_key_arn
  }

  log_statements = [{
    Sid      = "WriteLog"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = "${aws_cloudwatch_log_group.this.arn}:*"
  }]

  api_key_statements = [{
    Sid      = "ReadApiKey"
    Effect   = "Allow"
    Action   = var.datadog.api_key_secret_arn != null ? "secretsmanager:GetSecretValue" : "ssm:GetParameter"
    Resource = local.api_key_arn
  }]

  # The key may encrypt other secrets, too; the encryption context limits this to one.
  api_key_kms_statements = var.datadog.api_key_kms_key_arn == null ? [] : [{
    Sid       = "DecryptApiKey"
    Effect    = "Allow"
    Action    = "kms:Decrypt"
    Resource  = var.datadog.api_key_kms_key_arn
    Condition = { StringEquals = local.api_key_encryption_context }
  }]

  # Used by the event source mapping.
  receive_statements = !local.use_queue ? [] : [{
    Sid      = "ReceiveMessages"
    Effect   = "Allow"
    Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    Resource = aws_sqs_queue.this[0].arn
  }]

  # Failed messages return before the visibility timeout ends.
  return_statements = !local.use_queue ? [] : [{
    Sid      = "ReturnMessages"
    Effect   = "Allow"
    Action   = "sqs:ChangeMessageVisibility"
    Resource = aws_sqs_queue.this[0].arn
  }]

  # Remainders go to the queue; refused events and, with direct delivery, failed invocations go to the dead-letter queue.
  send_statements = [{
    Sid      = "SendMessages"
    Effect   = "Allow"
    Action   = "sqs:SendMessage"
    Resource = concat(aws_sqs_queue.this[*].arn, [aws_sqs_queue.dead_letter.arn])
  }]

  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
  queue_kms_statements = var.queue.kms_key_arn == null ? [] : [{
    Sid       = "UseKeyOfQueues"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = var.queue.kms_key_arn
    Condition = { StringEquals = { "kms:ViaService" = "sqs.${local.region}.${local.dns_suffix}" } }
  }]

  # Lambda creates network interfaces with this role, and their names are not known in advance. EC2 supports no narrower resource for the
  # Describe actions, and AWS's own policy uses none for the others. The second statement denies all of them to the function's code.
  # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
  network_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  network_statements = !local.use_vpc ? [] : [{
    Sid      = "ManageNetworkInterfaces"
    Effect   = "Allow"
    Action   = local.network_actions
    Resource = "*"
  }]

  network_deny_statements = !local.use_vpc ? [] : [{
    Sid       = "NotFromTheCode"
    Effect    = "Deny"
    Action    = local.network_actions
    Resource  = "*"
    Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
  }]
}

resource "aws_iam_role" "this" {
  name                 = var.name
  path                 = var.function.role_path
  description          = "Permissions of the function ${var.name}."
  permissions_boundary = var.function.permissions_boundary_arn
  tags                 = var.tags

  # No aws:SourceAccount: AWS does not document that Lambda sends it, and without it nothing would run. There is no confused deputy,
  # because functions can only use roles of their own account.
  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaAssumes"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "forward"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.log_statements,
      local.api_key_statements,
      local.api_key_kms_statements,
      local.receive_statements,
      local.return_statements,
      local.send_statements,
      local.queue_kms_statements,
      local.network_statements,
      local.network_deny_statements,
    )
  })

  # IAM does not delete a role that has a policy, so both go when the role is replaced.
  lifecycle {
    replace_triggered_by = [aws_iam_role.this.arn]
  }
}
