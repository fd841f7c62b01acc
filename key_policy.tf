# What each key's owner has to allow. The principal is the account, because AWS replaces the ARN of a deleted role in policies with an ID that
# a new role of the same name does not have. The condition limits each statement to the role.
locals {
  role_only = {
    Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
    ArnEquals = { "aws:PrincipalArn" = aws_iam_role.this.arn }
  }

  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
  queue_key_policy_statements = concat(
    [for sender in local.senders : {
      Sid       = "TopicsEncrypt${sender.sid_suffix}"
      Effect    = "Allow"
      Principal = { Service = sender.principal }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { ArnEquals = { "aws:SourceArn" = sender.topic_arns } }
    }],
    [{
      Sid       = "FunctionUsesQueues"
      Effect    = "Allow"
      Principal = local.role_only.Principal
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = {
        ArnEquals    = local.role_only.ArnEquals
        StringEquals = { "kms:ViaService" = "sqs.${local.region}.${local.dns_suffix}" }
      }
    }],
  )

  # CloudWatch Logs checks the key when it creates the group, so this must not wait for the group.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  log_key_policy_statements = [{
    Sid       = "LogGroupEncrypts"
    Effect    = "Allow"
    Principal = { Service = "logs.${local.region}.${local.dns_suffix}" }
    Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    Resource  = "*"
    Condition = {
      ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${var.name}" }
    }
  }]

  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  # https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
  api_key_key_policy_statements = [{
    Sid       = "FunctionReadsApiKey"
    Effect    = "Allow"
    Principal = local.role_only.Principal
    Action    = "kms:Decrypt"
    Resource  = "*"
    Condition = {
      ArnEquals = local.role_only.ArnEquals
      StringEquals = merge(local.api_key_encryption_context, {
        "kms:ViaService" = "${local.api_key_arn_parts[2]}.${local.api_key_arn_parts[3]}.${local.dns_suffix}"
      })
    }
  }]

  # The owner of an existing topic manages its other publishers.
  topic_key_policy_statements = flatten(concat(
    module.topic[*].key_policy_statements,
    [for publisher in module.publisher : publisher.key_policy_statements if !var.topic.create],
  ))

  key_policy_statements = {
    topic   = local.topic_key_policy_statements
    queue   = [for statement in local.queue_key_policy_statements : statement if var.queue.kms_key_arn != null]
    log     = [for statement in local.log_key_policy_statements : statement if var.function.log_kms_key_arn != null]
    api_key = [for statement in local.api_key_key_policy_statements : statement if var.datadog.api_key_kms_key_arn != null]
  }
}
