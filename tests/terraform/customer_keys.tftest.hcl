# Policy statements for customer managed keys: only what is needed, and nothing without a key.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:datadog-AbCdEf" }
}

run "no_key" {
  command = plan

  assert {
    condition     = { for key, statements in output.key_policy_statements : key => length(statements) } == { topic = 0, queue = 0, log = 0, api_key = 0 }
    error_message = "There should be no statements without a key."
  }

  assert {
    condition     = length(module.publisher[0].key_policy_statements) == 0
    error_message = "The created user should need no key."
  }
}

run "every_key" {
  command = plan

  variables {
    topic    = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/topic" }
    queue    = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/queue" }
    function = { log_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/log" }
    datadog = {
      api_key_secret_arn  = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:datadog-AbCdEf"
      api_key_kms_key_arn = "arn:aws:kms:eu-west-1:222233334444:key/api-key"
    }
  }

  # Each Sid is there once, so that one key's policy can have all.
  assert {
    condition     = output.key_policy_statements.topic[*].Sid == ["PublishersEncrypt"] && module.publisher[0].key_policy_statements[*].Sid == ["PublisherEncrypts"]
    error_message = "The topic's key should need the statements of the topic module, and the created user those of its own."
  }

  assert {
    condition = jsondecode(jsonencode({ for name, statements in output.key_policy_statements : name => statements if name != "topic" })) == {
      queue = [
        {
          Sid       = "TopicsEncrypt"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = "*"
          Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:sns:eu-central-1:111122223333:created"] } }
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
      log = [{
        Sid       = "LogGroupEncrypts"
        Effect    = "Allow"
        Principal = { Service = "logs.eu-central-1.amazonaws.com" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/events" } }
      }]
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
    error_message = "Each key should be used by what is encrypted with it: SNS for the topics and the role through SQS, CloudWatch Logs for this log group, the role for this secret through Secrets Manager in its region."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == "arn:aws:kms:eu-central-1:111122223333:key/log"
    error_message = "The log should be encrypted with its key."
  }
}

run "key_of_an_existing_topic" {
  command = plan

  variables {
    topic      = { create = false, kms_key_arn = "arn:aws:kms:eu-central-1:444455556666:key/topic" }
    topic_arns = { security = "arn:aws:sns:eu-central-1:444455556666:security" }
  }

  assert {
    condition     = { for key, statements in output.key_policy_statements : key => statements[*].Sid } == { topic = ["PublisherEncrypts"], queue = [], log = [], api_key = [] }
    error_message = "Created user should be allowed to use the key; the topic's owner is in charge of other publishers."
  }
}

run "key_of_the_parameter" {
  command = plan

  variables {
    datadog = {
      api_key_ssm_parameter = "/datadog/api-key"
      api_key_kms_key_arn   = "arn:aws:kms:eu-central-1:111122223333:key/api-key"
    }
  }

  assert {
    condition = output.key_policy_statements.api_key[0].Condition.StringEquals == {
      "kms:EncryptionContext:PARAMETER_ARN" = "arn:aws:ssm:eu-central-1:111122223333:parameter/datadog/api-key"
      "kms:ViaService"                      = "ssm.eu-central-1.amazonaws.com"
    }
    error_message = "The role should use the key for this parameter, through Parameter Store."
  }

  assert {
    condition     = { for key, statements in output.key_policy_statements : key => length(statements) } == { topic = 0, queue = 0, log = 0, api_key = 1 }
    error_message = "Only the parameter's key should need a statement."
  }
}
