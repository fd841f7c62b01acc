locals {
  # Each alarm appends its heading.
  runbook         = var.alarms.runbook_url != null ? "Runbook: ${var.alarms.runbook_url}" : "Runbook (module deep-security-datadog): docs/operating.md"
  payload_metrics = "DeepSecurityDatadog"
  function_only   = { FunctionName = aws_lambda_function.this.function_name }

  # Missing data is normal: SQS reports nothing for a queue that was empty for six hours, Lambda nothing without invocations.
  alarm_defaults = {
    statistic  = "Sum"
    comparison = "GreaterThanThreshold"
    threshold  = 0
    period     = 300
    periods    = 1
    missing    = "notBreaching"
  }

  # Each overrides the defaults. Its key is a heading of docs/operating.md.
  alarms = {
    dead-letter-queue-not-empty = {
      wanted      = true
      description = "Events are in ${aws_sqs_queue.dead_letter.name}, which keeps them for 14 days at most: Datadog refused them, or they could not be delivered. Find out which as the runbook shows, fix the cause, then redrive the queue."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = aws_sqs_queue.dead_letter.name }
      statistic   = "Maximum"
      period      = 60
    }
    oldest-message-too-old = {
      wanted = local.use_queue
      # SQS ignores messages received three times, as failing ones soon are. Outages have the alarm "stalled".
      # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
      description = "Messages back up in ${var.name}: events arrive faster than they are forwarded. Raise function.maximum_concurrency, unless ${var.name}-stalled has fired, too: then Datadog is down or refuses the API key."
      namespace   = "AWS/SQS"
      metric      = "ApproximateAgeOfOldestMessage"
      dimensions  = { QueueName = var.name }
      statistic   = "Maximum"
      threshold   = coalesce(var.alarms.oldest_message_seconds, floor(1.5 * local.visibility_timeout))
      period      = 60
    }
    function-errors = {
      wanted      = true
      description = "Function ${var.name} failed. ${local.use_queue ? "Its messages stay in the queue and are retried." : "Lambda retries twice, then ${aws_sqs_queue.dead_letter.name} keeps the message."} Find the error in log group ${aws_cloudwatch_log_group.this.name}. Raise function.timeout for repeated timeouts; check the role for missing permissions."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = local.function_only
    }
    function-throttled = {
      wanted      = true
      description = "Lambda throttles ${var.name}: the account's concurrency is used up. Find the function that uses it, or request a higher quota. Messages wait meanwhile."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = local.function_only
      # A few throttles recover by themselves.
      periods = 3
    }
    events-refused = {
      wanted      = true
      description = "Datadog refused events for good, or messages were not Deep Security events. They are in ${aws_sqs_queue.dead_letter.name} with the reason as an attribute; log group ${aws_cloudwatch_log_group.this.name} has a warning for each."
      namespace   = local.payload_metrics
      metric      = "Refused"
      dimensions  = local.function_only
    }
    events-waiting = {
      wanted      = local.use_queue
      description = "Datadog has not accepted some events for 15 minutes or longer: it is down, limits the rate, or refuses the API key. Find the reason in log group ${aws_cloudwatch_log_group.this.name}. Nothing is lost: events are retried for ${var.queue.minimum_outage_hours} hours."
      namespace   = local.payload_metrics
      metric      = "Waiting"
      dimensions  = local.function_only
      # Waiting messages are retried at least once per visibility timeout.
      period  = 60 * max(5, ceil(local.visibility_timeout / 60))
      periods = 3
    }
    undelivered-messages-lost = {
      # The metric of an existing topic is in the account and region of the topic.
      wanted = var.topic.create
      # https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
      description = "SNS could deliver messages of topic ${var.name} neither to ${var.name} nor to ${aws_sqs_queue.dead_letter.name}, so they are lost. Check that the KMS keys of topic and queues are enabled and admit SNS, then the queues' policies, then queue.maximum_message_size for messages of about that size."
      namespace   = "AWS/SNS"
      metric      = "NumberOfNotificationsFailedToRedriveToDlq"
      dimensions  = { TopicName = var.name }
    }
    failed-events-lost = {
      wanted      = !local.use_queue
      description = "Lambda could not send a failed event to ${aws_sqs_queue.dead_letter.name}, so it is lost. Check that role ${aws_iam_role.this.name} may send to that queue and use its key. The record of a large message may exceed queue.maximum_message_size. Delivery \"queue\" does not have this risk."
      namespace   = "AWS/Lambda"
      metric      = "DestinationDeliveryFailures"
      dimensions  = local.function_only
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for name, alarm in local.alarms : name => merge(local.alarm_defaults, alarm) if alarm.wanted && var.alarms.enabled }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.description} ${local.runbook}#${each.key}"
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

# Shows an outage until its end, unlike the age of the oldest message, which ignores messages received three times.
resource "aws_cloudwatch_metric_alarm" "stalled" {
  count = local.use_queue && var.alarms.enabled ? 1 : 0

  alarm_name          = "${var.name}-stalled"
  alarm_description   = "Messages wait in ${var.name}, and none has been processed for 15 minutes: Datadog is down or refuses the API key, or the function fails. Find the reason in log group ${aws_cloudwatch_log_group.this.name}. Messages are delivered without further action if the cause is fixed within ${floor(local.shortest_wait / 3600)} hours. ${local.runbook}#stalled"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.actions
  ok_actions          = var.alarms.actions
  tags                = var.tags

  metric_query {
    id          = "stalled"
    label       = "Messages waiting while none is processed"
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

# Without events there is no invocation and so no metric. FILL turns these hours into zeros, so the alarm counts from the last event.
# With missing data as breaching, it would fire hours late, and right after the first apply.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
resource "aws_cloudwatch_metric_alarm" "no_event" {
  count = var.alarms.no_event_hours != null && var.alarms.enabled ? 1 : 0

  alarm_name          = "${var.name}-no-event"
  alarm_description   = "No event has arrived for ${var.alarms.no_event_hours} hours. Send a test notification from Deep Security's event forwarding settings. If it does not show in Datadog, check the access key and topic ARN there and the topic's subscription. ${local.runbook}#no-event"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = var.alarms.no_event_hours
  # Before the first event, there is nothing to fill.
  treat_missing_data = "ignore"
  alarm_actions      = var.alarms.actions
  ok_actions         = var.alarms.actions
  tags               = var.tags

  metric_query {
    id          = "events"
    label       = "Events received per hour"
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
