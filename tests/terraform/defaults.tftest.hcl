# The module with only an API key: a topic, a user that publishes to it, and a queue.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "default" {
  command = plan

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:111122223333:created" && keys(aws_sns_topic_subscription.queue) == ["created"]
    error_message = "Topic should be created and subscribed to."
  }

  assert {
    condition     = output.function_name == "deep-security-datadog" && output.publisher_user_name == "deep-security-datadog-publisher" && output.log_group_name == "/aws/lambda/deep-security-datadog" && aws_sqs_queue.this[0].name == "deep-security-datadog" && aws_sqs_queue.dead_letter.name == "deep-security-datadog-dead-letter"
    error_message = "Resources should have their default names."
  }

  assert {
    condition     = output.queue_arn != null && output.queue_url != null && output.dead_letter_queue_arn != null
    error_message = "Delivery should be through a queue."
  }
}

run "another_name" {
  command = plan

  variables {
    name   = "second"
    alarms = { no_event_hours = 1 }
  }

  assert {
    condition = alltrue([for name in concat(
      [output.function_name, output.publisher_user_name, trimprefix(output.log_group_name, "/aws/lambda/"), module.topic[0].topic_name],
      [aws_iam_role.this.name, aws_sqs_queue.this[0].name, aws_sqs_queue.dead_letter.name],
      [aws_cloudwatch_metric_alarm.stalled[0].alarm_name, aws_cloudwatch_metric_alarm.no_event[0].alarm_name],
      values(aws_cloudwatch_metric_alarm.this)[*].alarm_name,
    ) : startswith(name, "second")])
    error_message = "Every name should start with the given one, so that copies can share an account."
  }
}

run "longest_name" {
  command = plan

  variables {
    name = "a234567890123456789012345678901234567890123456789012ab"
  }

  assert {
    condition     = length(output.publisher_user_name) == 64
    error_message = "Longest name should fill IAM's 64 characters."
  }
}
