# Everything that cannot be delivered ends in one queue.

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
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).deadLetterTargetArn == "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    error_message = "What failed too often."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.queue["security"].redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
    error_message = "What SNS cannot hand over."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DEAD_LETTER_QUEUE_URL == "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
    error_message = "What Datadog refuses."
  }
}

run "fourteen_days" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds == 14 * 86400
    error_message = "As long as SQS holds a message."
  }
}

run "of_this_queue_only" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-central-1:111122223333:events"] }
    error_message = "No other queue may use it."
  }
}
