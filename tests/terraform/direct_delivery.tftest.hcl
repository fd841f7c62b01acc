# Delivery "direct": topic → function.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  delivery = "direct"
  name     = "events"
  datadog  = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "topic_to_function" {
  command = plan

  assert {
    condition     = aws_sns_topic_subscription.function["created"].protocol == "lambda" && aws_sns_topic_subscription.function["created"].endpoint == "arn:aws:lambda:eu-central-1:111122223333:function:events"
    error_message = "Function should be subscribed to the topic."
  }

  assert {
    condition     = aws_lambda_permission.topic["created"].principal == "sns.amazonaws.com" && aws_lambda_permission.topic["created"].source_arn == "arn:aws:sns:eu-central-1:111122223333:created" && aws_lambda_permission.topic["created"].action == "lambda:InvokeFunction"
    error_message = "SNS should be allowed to invoke the function for this topic only."
  }

  assert {
    condition     = length(aws_sqs_queue.this) + length(aws_sqs_queue_policy.this) + length(aws_sqs_queue_redrive_policy.this) + length(aws_lambda_event_source_mapping.queue) + length(aws_sns_topic_subscription.queue) == 0
    error_message = "There should be no queue, and nothing that sends to or reads from one."
  }

  assert {
    condition     = length(aws_lambda_function_recursion_config.this) == 0
    error_message = "Lambda should stop a function that calls itself, because there is no queue to loop through."
  }

  assert {
    condition     = output.endpoint_arn == "arn:aws:lambda:eu-central-1:111122223333:function:events" && output.queue_arn == null && output.queue_url == null && output.dead_letter_queue_arn != null
    error_message = "The outputs should name the function as the endpoint, a dead-letter queue and no queue."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].maximum_retry_attempts == 2 && aws_lambda_function_event_invoke_config.this[0].maximum_event_age_in_seconds == 21600
    error_message = "Lambda should retry as often and as long as it can."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteLog", "ReadApiKey", "SendMessages"]
    error_message = "Role should not receive messages from a queue or return messages to one."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "SendMessages"]) == ["arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"]
    error_message = "The role should send to the dead-letter queue only."
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

  assert {
    condition     = length(setintersection(keys(aws_lambda_function.this.environment[0].variables), ["QUEUE_URL", "QUEUE_VISIBILITY_TIMEOUT"])) == 0
    error_message = "With direct delivery, there should be no queue for remainders and no visibility timeout."
  }
}

run "queue_settings_without_a_queue" {
  command = plan

  variables {
    queue = { max_receive_count = 1 }
  }

  assert {
    condition     = length(aws_sqs_queue.this) == 0
    error_message = "With direct delivery, queue settings should be accepted and ignored."
  }
}
