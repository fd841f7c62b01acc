# Only SNS sends to the queues, and only for the topics.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "default" {
  command = plan

  assert {
    condition = alltrue([for arn, policy in {
      "arn:aws:sqs:eu-central-1:111122223333:events"             = aws_sqs_queue_policy.this[0].policy
      "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" = aws_sqs_queue_policy.dead_letter.policy
      } : jsondecode(policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "TopicsSend"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = arn
          Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:sns:eu-central-1:111122223333:created"] } }
        },
        {
          Sid       = "OnlyOverTls"
          Effect    = "Deny"
          Principal = { AWS = "*" }
          Action    = "sqs:*"
          Resource  = arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    }])
    error_message = "Only SNS, for the topic and over TLS, should send to the queue and the dead-letter queue."
  }
}
