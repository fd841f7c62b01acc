# Nothing waits unseen.

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

run "with_a_queue" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition = keys(aws_cloudwatch_metric_alarm.this) == [
      "dead-letter-queue-not-empty", "events-refused", "function-errors", "function-throttled", "oldest-message-too-old",
    ] && length(aws_cloudwatch_metric_alarm.stalled) == 1
    error_message = "One alarm for each way to get stuck."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name == "events-${name}" && length(alarm.alarm_actions) == 0 && alarm.treat_missing_data == "notBreaching"])
    error_message = "They show in CloudWatch, and silence is fine."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dead-letter-queue-not-empty"].dimensions.QueueName == "events-dead-letter" && aws_cloudwatch_metric_alarm.this["oldest-message-too-old"].dimensions.QueueName == "events"
    error_message = "Each watches its queue."
  }

  assert {
    condition     = alltrue([for name in ["events-refused", "function-errors", "function-throttled"] : aws_cloudwatch_metric_alarm.this[name].dimensions == tomap({ FunctionName = "events" })])
    error_message = "The others watch the function, by the one dimension that its metrics have."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["events-refused"].namespace == "DeepSecurityDatadog" && aws_cloudwatch_metric_alarm.this["events-refused"].metric_name == "Refused"
    error_message = "The metric that the function writes."
  }
}

run "the_oldest_message" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["oldest-message-too-old"].threshold == 270
    error_message = "One and a half times the visibility timeout: failed twice."
  }
}

run "the_oldest_message_as_chosen" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { oldest_message_seconds = 300 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["oldest-message-too-old"].threshold == 300
    error_message = "The chosen age."
  }
}

run "with_direct_delivery" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    delivery = "direct"
  }

  assert {
    condition = keys(aws_cloudwatch_metric_alarm.this) == [
      "dead-letter-queue-not-empty", "events-refused", "failed-events-lost", "function-errors", "function-throttled",
    ] && length(aws_cloudwatch_metric_alarm.stalled) == 0
    error_message = "No queue to watch, but the hand-over to the dead-letter queue."
  }
}

run "somebody_is_told" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { actions = ["arn:aws:sns:eu-central-1:111122223333:on-call"] }
  }

  assert {
    condition = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.stalled) :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:111122223333:on-call"]) && alarm.ok_actions == toset(["arn:aws:sns:eu-central-1:111122223333:on-call"])
    ])
    error_message = "When it goes off and when it is over."
  }
}

run "silence" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { no_event_hours = 168 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["no-event"].metric_name == "Received" && aws_cloudwatch_metric_alarm.this["no-event"].period * aws_cloudwatch_metric_alarm.this["no-event"].evaluation_periods == 168 * 3600
    error_message = "No event for 168 hours."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["no-event"].treat_missing_data == "breaching"
    error_message = "Without events there is no metric."
  }
}

run "none" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { enabled = false }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0 && length(aws_cloudwatch_metric_alarm.stalled) == 0
    error_message = "alarms.enabled = false makes none."
  }
}

run "none_and_somebody_to_tell" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { enabled = false, actions = ["arn:aws:sns:eu-central-1:111122223333:on-call"] }
  }

  expect_failures = [var.alarms]
}

run "action_by_its_name" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { actions = ["on-call"] }
  }

  expect_failures = [var.alarms]
}

run "age_that_sqs_does_not_report" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { oldest_message_seconds = 360 }
  }

  expect_failures = [var.alarms]
}

run "silence_longer_than_cloudwatch_looks_back" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { no_event_hours = 169 }
  }

  expect_failures = [var.alarms]
}

run "half_an_hour_of_silence" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    alarms = { no_event_hours = 0.5 }
  }

  expect_failures = [var.alarms]
}
