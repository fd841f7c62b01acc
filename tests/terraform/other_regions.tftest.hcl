# modules/subscription subscribes to topics in other regions, with a provider in the topic's region.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name       = "events"
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
  topic      = { create = false }
  topic_arns = { virginia = "arn:aws:sns:us-east-1:444455556666:security" }
  publishers = { create_user = false }

  # For modules/subscription.
  topic_arn = "arn:aws:sns:eu-central-1:444455556666:security"
  endpoint = {
    arn                   = "arn:aws:sqs:eu-central-1:111122223333:events"
    dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
  }
}

run "subscribed_by_root_module" {
  command = plan

  expect_failures = [aws_sns_topic_subscription.queue]
}

run "subscribed_by_root_module_direct" {
  command = plan

  variables {
    delivery = "direct"
  }

  expect_failures = [aws_sns_topic_subscription.function]
}

run "left_to_subscription_module" {
  command = plan

  variables {
    subscribe = false
  }

  assert {
    condition     = length(aws_sns_topic_subscription.queue) == 0 && length(aws_sns_topic_subscription.function) == 0
    error_message = "Root module should not subscribe to anything."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == ["arn:aws:sns:us-east-1:444455556666:security"]
    error_message = "Queue should still admit the topic."
  }

  assert {
    condition     = output.subscription_endpoint == { arn = output.queue_arn, dead_letter_queue_arn = output.dead_letter_queue_arn }
    error_message = "Subscription module should subscribe the queue."
  }
}

run "left_to_subscription_module_direct" {
  command = plan

  variables {
    subscribe = false
    delivery  = "direct"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.function) == 0 && aws_lambda_permission.topic["virginia"].source_arn == "arn:aws:sns:us-east-1:444455556666:security"
    error_message = "Function should admit the topic, without a subscription by the root module."
  }

  assert {
    condition     = output.subscription_endpoint.arn == output.function_arn
    error_message = "Subscription module should subscribe the function."
  }
}

run "subscription_in_the_region_of_the_queue" {
  command = plan

  module {
    source = "./modules/subscription"
  }

  assert {
    condition     = aws_sns_topic_subscription.this.protocol == "sqs" && aws_sns_topic_subscription.this.endpoint == "arn:aws:sqs:eu-central-1:111122223333:events" && aws_sns_topic_subscription.this.topic_arn == "arn:aws:sns:eu-central-1:444455556666:security"
    error_message = "The queue should be subscribed to the topic."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.this.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
    error_message = "Messages that SNS cannot deliver should go to the dead-letter queue."
  }
}

run "subscription_in_another_region" {
  command = plan

  module {
    source = "./modules/subscription"
  }

  variables {
    topic_arn = "arn:aws:sns:us-east-1:444455556666:security"
  }

  assert {
    condition     = aws_sns_topic_subscription.this.redrive_policy == null
    error_message = "There should be no dead-letter queue, which SNS does not accept from another region."
  }
}

run "subscription_of_the_function" {
  command = plan

  module {
    source = "./modules/subscription"
  }

  variables {
    endpoint = {
      arn                   = "arn:aws:lambda:eu-central-1:111122223333:function:events"
      dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    }
  }

  assert {
    condition     = aws_sns_topic_subscription.this.protocol == "lambda"
    error_message = "Protocol should be derived from the endpoint."
  }
}
