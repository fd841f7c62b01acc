# Delivery "queue": topic → queue → function.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "topic_to_queue_to_function" {
  command = plan

  assert {
    condition     = aws_sns_topic_subscription.queue["created"].protocol == "sqs" && aws_sns_topic_subscription.queue["created"].endpoint == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The queue should be subscribed to the topic."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].event_source_arn == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The function should read the queue."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.function) + length(aws_lambda_permission.topic) + length(aws_lambda_function_event_invoke_config.this) == 0
    error_message = "SNS should not invoke the function itself."
  }

  assert {
    condition     = output.endpoint_arn == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The outputs should name the queue as the endpoint."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A failed message should not fail its neighbours."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].batch_size == 10 && aws_lambda_event_source_mapping.queue[0].maximum_batching_window_in_seconds == 0
    error_message = "Batches should be small and not wait for more messages."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].scaling_config[0].maximum_concurrency == 5
    error_message = "Queue should start at most five invocations at once by default."
  }

  assert {
    condition     = aws_lambda_function_recursion_config.this[0].function_name == "events" && aws_lambda_function_recursion_config.this[0].recursive_loop == "Allow"
    error_message = "Lambda should not stop the function when it puts remainders back into its own queue."
  }
}

run "concurrency_and_no_recursion" {
  command = plan

  variables {
    function = { maximum_concurrency = 2, allow_recursion = false }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].scaling_config[0].maximum_concurrency == 2
    error_message = "The queue should start no more invocations at once than given."
  }

  assert {
    condition     = length(aws_lambda_function_recursion_config.this) == 0
    error_message = "With function.allow_recursion = false, there should be no recursion config, whose API AWS GovCloud lacks."
  }
}
