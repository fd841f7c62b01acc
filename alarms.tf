locals {
  payload_metrics = "DeepSecurityDatadog"
  function_only   = { FunctionName = aws_lambda_function.this.function_name }

  # No data is no trouble: SQS reports nothing for a queue that was empty for six hours, Lambda nothing without invocations.
  alarm_defaults = {
    statistic  = "Sum"
    comparison = "GreaterThanThreshold"
    threshold  = 0
    period     = 300
    periods    = 1
    missing    = "notBreaching"
  }

  # Each says what differs from the defaults.
  alarms = {
    dead-letter-queue-not-empty = {
      wanted      = true
      description = "Events were refused by Datadog or could not be delivered in time and wait in ${aws_sqs_queue.dead_letter.name}, 14 days at most. Look at the messages' attributes for the reason, remove it, then redrive the queue."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = aws_sqs_queue.dead_letter.name }
      statistic   = "Maximum"
      period      = 60
    }
    oldest-message-too-old = {
      wanted = local.use_queue
      # SQS leaves out what was received three times, which a message that fails soon is: the alarm "stalled" is for outages.
      # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
      description = "More events arrive than are forwarded, so that messages wait in ${var.name}. Unless ${var.name}-stalled is on as well (then Datadog is down or refuses the API key), raise function.maximum_concurrency; the log is ${aws_cloudwatch_log_group.this.name}."
      namespace   = "AWS/SQS"
      metric      = "ApproximateAgeOfOldestMessage"
      dimensions  = { QueueName = var.name }
      statistic   = "Maximum"
      threshold   = coalesce(var.alarms.oldest_message_seconds, floor(1.5 * local.visibility_timeout))
      period      = 60
    }
    function-errors = {
      wanted      = true
      description = "The function ${var.name} failed: nothing is lost, its messages are tried again. Look into the log ${aws_cloudwatch_log_group.this.name}; repeated time-outs ask for a higher function.timeout, missing permissions for a look at the role."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = local.function_only
    }
    function-throttled = {
      wanted      = true
      description = "Lambda does not start ${var.name} as often as it should: the account's concurrency is used up. Find the function that uses it, or ask AWS for a higher quota. Messages wait meanwhile."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = local.function_only
      # A single throttle heals by itself.
      periods = 3
    }
    events-refused = {
      wanted      = true
      description = "Datadog refused events for good, or messages were no Deep Security events. They are in ${aws_sqs_queue.dead_letter.name} with the reason in their attributes; the log ${aws_cloudwatch_log_group.this.name} has a warning for each."
      namespace   = local.payload_metrics
      metric      = "Refused"
      dimensions  = local.function_only
    }
    events-waiting = {
      wanted      = local.use_queue
      description = "For a quarter of an hour or longer, Datadog did not take events: it is down, limits the rate, or refuses the API key. The reasons are in the log ${aws_cloudwatch_log_group.this.name}. Nothing is lost: they are tried again for ${var.queue.minimum_outage_hours} hours."
      namespace   = local.payload_metrics
      metric      = "Waiting"
      dimensions  = local.function_only
      # What waits is tried once in a visibility timeout at least.
      period  = 60 * max(5, ceil(local.visibility_timeout / 60))
      periods = 3
    }
    failed-events-lost = {
      wanted      = !local.use_queue
      description = "Lambda could not put an event that failed into ${aws_sqs_queue.dead_letter.name}: it is lost. See that the role ${aws_iam_role.this.name} may send to that queue and use its key. Delivery \"queue\" does not have this weakness."
      namespace   = "AWS/Lambda"
      metric      = "DestinationDeliveryFailures"
      dimensions  = local.function_only
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for name, alarm in local.alarms : name => merge(local.alarm_defaults, alarm) if alarm.wanted && var.alarms.enabled }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarms.actions
  ok_actions          = var.alarms.actions
  tags                = var.tags
}

# The age of the oldest message does not show an outage to its end: SQS leaves out what was received three times. This one does.
resource "aws_cloudwatch_metric_alarm" "stalled" {
  count = local.use_queue && var.alarms.enabled ? 1 : 0

  alarm_name          = "${var.name}-stalled"
  alarm_description   = "Messages wait in ${var.name} and none was finished for 15 minutes: Datadog is down or refuses the API key, or the function fails. See the log ${aws_cloudwatch_log_group.this.name}. Once the cause is gone, they are delivered without further action if that is within ${floor(local.shortest_wait / 3600)} hours."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.actions
  ok_actions          = var.alarms.actions
  tags                = var.tags

  metric_query {
    id          = "stalled"
    label       = "Messages waiting while none is finished"
    expression  = "IF(FILL(finished, 0) == 0, waiting + in_flight, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = {
      waiting   = { metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum" }
      in_flight = { metric = "ApproximateNumberOfMessagesNotVisible", statistic = "Maximum" }
      finished  = { metric = "NumberOfMessagesDeleted", statistic = "Sum" }
    }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/SQS"
        metric_name = metric_query.value.metric
        dimensions  = { QueueName = aws_sqs_queue.this[0].name }
        stat        = metric_query.value.statistic
        period      = 300
      }
    }
  }
}

# Without events there is no invocation and so no metric. FILL makes zeros of the hours without one, so that the alarm counts from the last
# event; missing data as breaching would wait for hours more, and go off right after the first apply.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
resource "aws_cloudwatch_metric_alarm" "no_event" {
  count = var.alarms.no_event_hours != null && var.alarms.enabled ? 1 : 0

  alarm_name          = "${var.name}-no-event"
  alarm_description   = "No event arrived for ${var.alarms.no_event_hours} hours. Press the test button of Deep Security's event forwarding; if nothing shows in Datadog, look at its access key and topic and at the topic's subscription."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = var.alarms.no_event_hours
  # Before the first event there is nothing to fill: the state stays as it is.
  treat_missing_data = "ignore"
  alarm_actions      = var.alarms.actions
  ok_actions         = var.alarms.actions
  tags               = var.tags

  metric_query {
    id          = "events"
    label       = "Events received in an hour"
    expression  = "FILL(received, 0)"
    return_data = true
  }

  metric_query {
    id = "received"

    metric {
      namespace   = local.payload_metrics
      metric_name = "Received"
      dimensions  = local.function_only
      stat        = "Sum"
      period      = 3600
    }
  }
}
