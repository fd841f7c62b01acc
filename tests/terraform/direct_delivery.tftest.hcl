# Delivery "direct": topic, function.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
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
  delivery   = "direct"
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
    condition     = aws_sns_topic_subscription.function["security"].protocol == "lambda" && aws_sns_topic_subscription.function["security"].endpoint == "arn:aws:lambda:eu-central-1:111122223333:function:events"
    error_message = "The function is subscribed to the topic."
  }

  assert {
    condition     = aws_lambda_permission.topic["security"].principal == "sns.amazonaws.com" && aws_lambda_permission.topic["security"].source_arn == "arn:aws:sns:eu-central-1:111122223333:security" && aws_lambda_permission.topic["security"].action == "lambda:InvokeFunction"
    error_message = "This topic may invoke the function."
  }

  assert {
    condition     = length(aws_sqs_queue.this) == 0 && length(aws_sqs_queue_policy.this) == 0 && length(aws_sqs_queue_redrive_policy.this) == 0 && length(aws_lambda_event_source_mapping.queue) == 0 && length(aws_sns_topic_subscription.queue) == 0
    error_message = "Nothing of the queue is there."
  }

  assert {
    condition     = output.endpoint_arn == "arn:aws:lambda:eu-central-1:111122223333:function:events" && output.queue_arn == null && output.queue_url == null
    error_message = "The function is what topics let subscribe."
  }
}

run "what_fails_is_kept" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].destination_config[0].on_failure[0].destination == "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    error_message = "A failed invocation goes to the dead-letter queue."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.this[0].maximum_retry_attempts == 2 && aws_lambda_function_event_invoke_config.this[0].maximum_event_age_in_seconds == 21600
    error_message = "Lambda tries as often and as long as it can."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.function["security"].redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
    error_message = "What SNS cannot hand over goes to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == { redrivePermission = "denyAll" }
    error_message = "No queue feeds the dead-letter queue."
  }
}

run "no_more_permissions_than_needed" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteLog", "ReadApiKey", "SendMessages"]
    error_message = "Nothing is received from a queue."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "SendMessages"]) == ["arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"]
    error_message = "There is only the dead-letter queue to send to."
  }
}

run "a_setting_of_the_queue_is_not_judged" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 5 }
  }

  assert {
    condition     = aws_lambda_function.this.timeout == 5
    error_message = "Without a queue nothing has to wait a day."
  }
}
