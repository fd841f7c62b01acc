# Delivery "queue": topic, queue, function.

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

run "the_way" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = aws_sns_topic_subscription.queue["security"].protocol == "sqs" && aws_sns_topic_subscription.queue["security"].endpoint == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The queue is subscribed to the topic."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].event_source_arn == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The function is fed from the queue."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.function) == 0 && length(aws_lambda_permission.topic) == 0 && length(aws_lambda_function_event_invoke_config.this) == 0
    error_message = "Nothing of direct delivery is there."
  }

  assert {
    condition     = output.endpoint_arn == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The queue is what topics let subscribe."
  }
}

run "one_failed_message_does_not_fail_its_neighbours" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "Failures are reported message by message."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].batch_size == 10 && aws_lambda_event_source_mapping.queue[0].maximum_batching_window_in_seconds == 0
    error_message = "Small batches, at once."
  }
}

run "bounded_load" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { maximum_concurrency = 2 }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].scaling_config[0].maximum_concurrency == 2
    error_message = "The mapping starts no more invocations at once."
  }
}

run "several_topics" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    topic_arns = {
      one = "arn:aws:sns:eu-central-1:111122223333:security"
      two = "arn:aws:sns:eu-central-1:444455556666:security"
    }
  }

  assert {
    condition     = { for name, subscription in aws_sns_topic_subscription.queue : name => subscription.topic_arn } == { one = "arn:aws:sns:eu-central-1:111122223333:security", two = "arn:aws:sns:eu-central-1:444455556666:security" }
    error_message = "One subscription for each topic."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == ["arn:aws:sns:eu-central-1:111122223333:security", "arn:aws:sns:eu-central-1:444455556666:security"]
    error_message = "The queue admits each."
  }
}

run "no_topic" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    topic_arns = {}
  }

  expect_failures = [var.topic_arns]
}

run "wildcard_topic" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    topic_arns = { all = "arn:aws:sns:eu-central-1:111122223333:*" }
  }

  expect_failures = [var.topic_arns]
}

run "topic_twice" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    topic_arns = { one = "arn:aws:sns:eu-central-1:111122223333:security", two = "arn:aws:sns:eu-central-1:111122223333:security" }
  }

  expect_failures = [var.topic_arns]
}

run "fifo_topic" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    topic_arns = { one = "arn:aws:sns:eu-central-1:111122223333:security.fifo" }
  }

  expect_failures = [var.topic_arns]
}

run "unknown_delivery" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    delivery = "sqs"
  }

  expect_failures = [var.delivery]
}
