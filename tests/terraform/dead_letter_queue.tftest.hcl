# Everything that cannot be delivered ends up in one queue. function_environment.tftest.hcl tests what the function itself sends there.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "queue" {
  command = plan

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).deadLetterTargetArn == "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    error_message = "Messages that failed too often should go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.queue["created"].redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
    error_message = "Messages that SNS cannot deliver should go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-central-1:111122223333:events"] }
    error_message = "No other queue should use the dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds == 14 * 86400
    error_message = "Dead-letter queue should keep messages for 14 days, SQS's limit."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.visibility_timeout_seconds == aws_sqs_queue.this[0].visibility_timeout_seconds
    error_message = "Dead-letter queue should have the queue's visibility timeout, for a function that reads it."
  }
}

run "direct_delivery" {
  command = plan

  variables {
    delivery = "direct"
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].destination_config[0].on_failure[0].destination == "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    error_message = "A failed invocation should go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.function["created"].redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
    error_message = "Messages that SNS cannot deliver should go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == { redrivePermission = "denyAll" }
    error_message = "No queue should use the dead-letter queue."
  }
}
