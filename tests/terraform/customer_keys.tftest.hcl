# What the owner of the keys of queues, log and API key is told to allow: what is needed, by whom, for what, and nothing without a key.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

override_resource {
  target          = aws_sqs_queue.dead_letter
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
}

variables {
  name       = "events"
  topic_arns = { security = "arn:aws:sns:eu-central-1:444455556666:security" }
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:datadog-AbCdEf" }
}

run "forwarder_without_keys" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = { for key, statements in output.key_policy_statements : key => length(statements) } == { queue = 0, log = 0, api_key = 0 }
    error_message = "No key, nothing to allow."
  }
}

run "key_of_the_queues" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  assert {
    condition = jsondecode(jsonencode(output.key_policy_statements)) == {
      log     = []
      api_key = []
      queue = [
        {
          Sid       = "TopicsEncrypt"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = "*"
          Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:sns:eu-central-1:444455556666:security"] } }
        },
        {
          Sid       = "FunctionUsesQueues"
          Effect    = "Allow"
          Principal = { AWS = "arn:aws:iam::111122223333:root" }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = "*"
          Condition = {
            ArnEquals    = { "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/events" }
            StringEquals = { "kms:ViaService" = "sqs.eu-central-1.amazonaws.com" }
          }
        },
      ]
    }
    error_message = "SNS for the topics, and the function's role by SQS."
  }
}

run "key_of_the_log" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { log_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  assert {
    condition = jsondecode(jsonencode(output.key_policy_statements)) == {
      queue   = []
      api_key = []
      log = [{
        Sid       = "LogGroupEncrypts"
        Effect    = "Allow"
        Principal = { Service = "logs.eu-central-1.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/events" } }
      }]
    }
    error_message = "CloudWatch Logs of this region, for this log group."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" && !strcontains(aws_iam_role_policy.this.policy, "kms:")
    error_message = "CloudWatch Logs uses the key itself: the role needs nothing."
  }
}

run "key_of_the_secret" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = {
      api_key_secret_arn  = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:datadog-AbCdEf"
      api_key_kms_key_arn = "arn:aws:kms:eu-west-1:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
  }

  assert {
    condition = jsondecode(jsonencode(output.key_policy_statements)) == {
      queue = []
      log   = []
      api_key = [{
        Sid       = "FunctionReadsApiKey"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:root" }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = {
          ArnEquals = { "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/events" }
          StringEquals = {
            "kms:EncryptionContext:SecretARN" = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:datadog-AbCdEf"
            "kms:ViaService"                  = "secretsmanager.eu-west-1.amazonaws.com"
          }
        }
      }]
    }
    error_message = "The role, by Secrets Manager in the secret's region, for this secret."
  }
}

run "key_of_the_parameter" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = {
      api_key_ssm_parameter = "/datadog/api-key"
      api_key_kms_key_arn   = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
  }

  assert {
    condition = output.key_policy_statements.api_key[0].Condition.StringEquals == {
      "kms:EncryptionContext:PARAMETER_ARN" = "arn:aws:ssm:eu-central-1:111122223333:parameter/datadog/api-key"
      "kms:ViaService"                      = "ssm.eu-central-1.amazonaws.com"
    }
    error_message = "The role, by Parameter Store, for this parameter."
  }
}

run "keys_in_china" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  override_resource {
    target          = aws_sqs_queue.dead_letter
    override_during = plan
    values          = { arn = "arn:aws-cn:sqs:cn-north-1:111122223333:events-dead-letter" }
  }

  override_resource {
    target          = aws_iam_role.this
    override_during = plan
    values          = { arn = "arn:aws-cn:iam::111122223333:role/events" }
  }

  variables {
    topic_arns = { security = "arn:aws-cn:sns:cn-north-1:111122223333:security" }
    datadog = {
      api_key_ssm_parameter = "/datadog/api-key"
      api_key_kms_key_arn   = "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
    queue    = { kms_key_arn = "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
    function = { log_kms_key_arn = "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  assert {
    condition     = !strcontains(jsonencode(output.key_policy_statements), "arn:aws:")
    error_message = "Every ARN is of the queues' partition."
  }

  assert {
    condition     = output.key_policy_statements.log[0].Principal.Service == "logs.cn-north-1.amazonaws.com.cn" && output.key_policy_statements.queue[1].Condition.StringEquals["kms:ViaService"] == "sqs.cn-north-1.amazonaws.com.cn" && output.key_policy_statements.api_key[0].Condition.StringEquals["kms:ViaService"] == "ssm.cn-north-1.amazonaws.com.cn"
    error_message = "The services of China have a suffix of their own."
  }

  assert {
    condition     = output.key_policy_statements.queue[0].Principal.Service == "sns.amazonaws.com"
    error_message = "SNS has the same name everywhere."
  }
}
