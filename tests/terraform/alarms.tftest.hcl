# Every way to get stuck has an alarm.

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
    condition = keys(aws_cloudwatch_metric_alarm.this) == [
      "dead-letter-queue-not-empty", "events-refused", "events-waiting", "function-errors", "function-throttled", "oldest-message-too-old",
      "undelivered-messages-lost",
    ] && length(aws_cloudwatch_metric_alarm.stalled) == 1
    error_message = "Each way to get stuck should have an alarm."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.no_event) == 0
    error_message = "There should be no alarm on silence by default."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name == "events-${name}" && length(alarm.alarm_actions) == 0])
    error_message = "Alarms should be named after the module's name and notify nobody by default."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.stalled) : alarm.treat_missing_data == "notBreaching"])
    error_message = "Missing data should not be breaching, because idle queues and functions report none."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dead-letter-queue-not-empty"].dimensions.QueueName == "events-dead-letter" && aws_cloudwatch_metric_alarm.this["oldest-message-too-old"].dimensions.QueueName == "events"
    error_message = "Each SQS alarm should watch its own queue."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["undelivered-messages-lost"].dimensions == tomap({ TopicName = "events" })
    error_message = "What SNS cannot deliver should be counted at the created topic."
  }

  assert {
    condition     = alltrue([for name in ["events-refused", "events-waiting", "function-errors", "function-throttled"] : aws_cloudwatch_metric_alarm.this[name].dimensions == tomap({ FunctionName = "events" })])
    error_message = "The other alarms should have the function's name as their only dimension, as its metrics do."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["events-refused"].namespace == "DeepSecurityDatadog" && aws_cloudwatch_metric_alarm.this["events-refused"].metric_name == "Refused"
    error_message = "Refused events should be counted by the metric that the function writes."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["events-waiting"].namespace == "DeepSecurityDatadog" && aws_cloudwatch_metric_alarm.this["events-waiting"].metric_name == "Waiting"
    error_message = "Waiting events should be counted by the metric that the function writes."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["events-waiting"].period == 300 && aws_cloudwatch_metric_alarm.this["events-waiting"].evaluation_periods == 3
    error_message = "Alarm should fire after events have waited for 15 minutes."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["oldest-message-too-old"].threshold == 1.5 * aws_sqs_queue.this[0].visibility_timeout_seconds
    error_message = "Oldest message should be too old after 1.5 visibility timeouts."
  }
}

# test_operating.py compares the alarms with the headings of docs/operating.md.
run "descriptions" {
  command = plan

  variables {
    name   = "a234567890123456789012345678901234567890123456789012ab"
    alarms = { no_event_hours = 168 }
    queue  = { minimum_outage_hours = 300, retention_days = 13 }
  }

  assert {
    condition = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.stalled, aws_cloudwatch_metric_alarm.no_event) :
      endswith(alarm.alarm_description, " docs/operating.md#${trimprefix(alarm.alarm_name, "${var.name}-")}")
    ])
    error_message = "Each description should end with the alarm's heading in docs/operating.md."
  }

  assert {
    condition = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.stalled, aws_cloudwatch_metric_alarm.no_event) :
      length(alarm.alarm_description) <= 1024
    ])
    error_message = "Descriptions should have at most 1024 characters, CloudWatch's limit."
  }

  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.no_event[0].metric_query : query.expression if query.return_data == true]) == "FILL(received, 0)"
    error_message = "Hours without an event should count as hours with zero events."
  }

  assert {
    condition = jsondecode(jsonencode(one([for query in aws_cloudwatch_metric_alarm.no_event[0].metric_query : query.metric[0] if query.id == "received"]))) == {
      namespace   = "DeepSecurityDatadog"
      metric_name = "Received"
      dimensions  = { FunctionName = var.name }
      stat        = "Sum"
      period      = 3600
      unit        = null
    }
    error_message = "Alarm should count the events received per hour."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.no_event[0].evaluation_periods == 168 && aws_cloudwatch_metric_alarm.no_event[0].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.no_event[0].threshold == 1
    error_message = "Alarm should fire after no_event_hours hours with less than one event."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.no_event[0].treat_missing_data == "ignore"
    error_message = "The alarm should keep its state while there is nothing to fill, before the first event."
  }
}

run "runbook_elsewhere_and_actions" {
  command = plan

  variables {
    alarms = {
      actions        = ["arn:aws:sns:eu-central-1:111122223333:on-call"]
      no_event_hours = 1
      runbook_url    = "https://wiki.example.com/runbooks/deep-security"
    }
  }

  assert {
    condition = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.stalled, aws_cloudwatch_metric_alarm.no_event) :
      endswith(alarm.alarm_description, " https://wiki.example.com/runbooks/deep-security#${trimprefix(alarm.alarm_name, "${var.name}-")}")
    ])
    error_message = "Each description should end with a link to the alarm's heading in the user's runbook."
  }

  assert {
    condition = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.stalled, aws_cloudwatch_metric_alarm.no_event) :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:111122223333:on-call"]) && alarm.ok_actions == toset(["arn:aws:sns:eu-central-1:111122223333:on-call"])
    ])
    error_message = "Every alarm should notify the actions when it fires and when it clears."
  }
}

run "outage_of_two_hours_and_a_day_for_the_oldest_message" {
  command = plan

  variables {
    alarms = { oldest_message_seconds = 100000 }
    queue  = { minimum_outage_hours = 2 }
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.stalled[0].alarm_description, "if the cause is fixed within 2 hours.")
    error_message = "Alarm should promise delivery for as long as messages stay in the queue after the early attempts."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["oldest-message-too-old"].threshold == 100000
    error_message = "oldest_message_seconds should be the threshold, however large."
  }
}

run "longest_visibility_timeout" {
  command = plan

  variables {
    function = { timeout = 900 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["events-waiting"].period >= aws_sqs_queue.this[0].visibility_timeout_seconds
    error_message = "Waiting messages should be retried in each period; a period without an attempt would look like a recovery."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["events-waiting"].period % 60 == 0 && aws_cloudwatch_metric_alarm.this["events-waiting"].period * aws_cloudwatch_metric_alarm.this["events-waiting"].evaluation_periods <= 86400
    error_message = "Alarm should have a period of whole minutes and evaluate a day at most, as CloudWatch requires."
  }
}

run "visibility_timeout_not_in_whole_minutes" {
  command = plan

  variables {
    function = { timeout = 91 }
  }

  assert {
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds == 546 && aws_cloudwatch_metric_alarm.this["events-waiting"].period == 600
    error_message = "The alarm's period should be rounded up to whole minutes."
  }
}

run "direct_delivery" {
  command = plan

  variables {
    delivery = "direct"
  }

  assert {
    condition = keys(aws_cloudwatch_metric_alarm.this) == [
      "dead-letter-queue-not-empty", "events-refused", "failed-events-lost", "function-errors", "function-throttled",
      "undelivered-messages-lost",
    ] && length(aws_cloudwatch_metric_alarm.stalled) == 0
    error_message = "Direct delivery should have no alarms for the queue, but one for events that Lambda cannot send to the dead-letter queue."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.this["function-errors"].alarm_description, "Lambda retries twice, then events-dead-letter keeps the message.")
    error_message = "Without a queue, the alarm should say that messages end in the dead-letter queue."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.this : endswith(alarm.alarm_description, " docs/operating.md#${name}")])
    error_message = "Each description should end with the alarm's heading in docs/operating.md."
  }
}

run "disabled" {
  command = plan

  variables {
    alarms = { enabled = false }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_cloudwatch_metric_alarm.stalled) + length(aws_cloudwatch_metric_alarm.no_event) == 0
    error_message = "There should be no alarm with alarms.enabled = false."
  }
}
