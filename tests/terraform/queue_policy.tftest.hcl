# Only SNS sends to the queues, and only for the listed topics.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

override_resource {
  target          = aws_sqs_queue.this
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events"
  }
}

override_resource {
  target          = aws_sqs_queue.dead_letter
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
  }
}

variables {
  name       = "events"
  topic_arns = { security = "arn:aws:sns:eu-central-1:111122223333:security" }
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "of_the_queue" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.this[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "TopicsSend"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = "arn:aws:sqs:eu-central-1:111122223333:events"
          Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:sns:eu-central-1:111122223333:security"] } }
        },
        {
          Sid       = "OnlyOverTls"
          Effect    = "Deny"
          Principal = { AWS = "*" }
          Action    = "sqs:*"
          Resource  = "arn:aws:sqs:eu-central-1:111122223333:events"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    }
    error_message = "SNS for this topic, encrypted on the way, nobody else."
  }
}

run "of_the_dead_letter_queue" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.dead_letter.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "TopicsSend"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
          Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:sns:eu-central-1:111122223333:security"] } }
        },
        {
          Sid       = "OnlyOverTls"
          Effect    = "Deny"
          Principal = { AWS = "*" }
          Action    = "sqs:*"
          Resource  = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    }
    error_message = "The subscription's redrive sends as SNS, for the topic."
  }
}
