# A topic of another region than the queue is subscribed by modules/subscription, with a provider of the topic's region.

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

  # Of modules/subscription.
  topic_arn = "arn:aws:sns:eu-central-1:444455556666:security"
  endpoint = {
    arn                   = "arn:aws:sqs:eu-central-1:111122223333:events"
    dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
  }
}

run "subscribed_by_the_root_module" {
  command = plan

  expect_failures = [aws_sns_topic_subscription.queue]
}

run "subscribed_by_the_root_module_with_direct_delivery" {
  command = plan

  variables {
    delivery = "direct"
  }

  expect_failures = [aws_sns_topic_subscription.function]
}

run "left_to_the_subscription_module" {
  command = plan

  variables {
    subscribe = false
  }

  assert {
    condition     = length(aws_sns_topic_subscription.queue) == 0 && length(aws_sns_topic_subscription.function) == 0
    error_message = "The root module should subscribe nothing."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == ["arn:aws:sns:us-east-1:444455556666:security"]
    error_message = "The queue should admit the topic all the same."
  }

  assert {
    condition     = output.subscription_endpoint == { arn = output.queue_arn, dead_letter_queue_arn = output.dead_letter_queue_arn }
    error_message = "The subscription module should be told to subscribe the queue."
  }
}

run "left_to_the_subscription_module_with_direct_delivery" {
  command = plan

  variables {
    subscribe = false
    delivery  = "direct"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.function) == 0 && aws_lambda_permission.topic["virginia"].source_arn == "arn:aws:sns:us-east-1:444455556666:security"
    error_message = "The function should admit the topic, and the root module subscribe nothing."
  }

  assert {
    condition     = output.subscription_endpoint.arn == output.function_arn
    error_message = "The subscription module should be told to subscribe the function."
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
    error_message = "What SNS cannot hand over should go to the dead-letter queue."
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
    error_message = "There should be no dead-letter queue: SNS takes none of another region."
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
    error_message = "The protocol should follow from the endpoint."
  }
}

run "subscription_to_a_fifo_topic" {
  command = plan

  module {
    source = "./modules/subscription"
  }

  variables {
    topic_arn = "arn:aws:sns:eu-central-1:444455556666:security.fifo"
  }

  expect_failures = [var.topic_arn]
}

run "subscription_of_something_else" {
  command = plan

  module {
    source = "./modules/subscription"
  }

  variables {
    endpoint = {
      arn                   = "https://example.com/hook"
      dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    }
  }

  expect_failures = [var.endpoint]
}

run "dead_letter_queue_by_its_url" {
  command = plan

  module {
    source = "./modules/subscription"
  }

  variables {
    endpoint = {
      arn                   = "arn:aws:sqs:eu-central-1:111122223333:events"
      dead_letter_queue_arn = "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
    }
  }

  expect_failures = [var.endpoint]
}
