# Topics of other regions than the queue: subscribed by a module of their own, by a provider of their region.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name       = "events"
  topic_arns = { virginia = "arn:aws:sns:us-east-1:444455556666:security" }
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }

  topic_arn = "arn:aws:sns:eu-central-1:444455556666:security"
  endpoint = {
    arn                   = "arn:aws:sqs:eu-central-1:111122223333:events"
    dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
  }
}

run "forwarder_refuses_to_subscribe" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  expect_failures = [aws_sns_topic_subscription.queue]
}

run "forwarder_refuses_to_subscribe_the_function" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    delivery = "direct"
  }

  expect_failures = [aws_sns_topic_subscription.function]
}

run "forwarder_leaves_it_to_the_subscription_module" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    subscribe = false
  }

  assert {
    condition     = length(aws_sns_topic_subscription.queue) == 0 && length(aws_sns_topic_subscription.function) == 0
    error_message = "Nothing is subscribed here."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == ["arn:aws:sns:us-east-1:444455556666:security"]
    error_message = "The queue admits the topic all the same."
  }

  assert {
    condition     = output.subscription_endpoint == { arn = output.queue_arn, dead_letter_queue_arn = output.dead_letter_queue_arn }
    error_message = "The queue is what the subscription module subscribes."
  }
}

run "forwarder_with_direct_delivery" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    subscribe = false
    delivery  = "direct"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.function) == 0 && aws_lambda_permission.topic["virginia"].source_arn == "arn:aws:sns:us-east-1:444455556666:security"
    error_message = "The function admits the topic, and nothing is subscribed here."
  }

  assert {
    condition     = output.subscription_endpoint.arn == output.function_arn
    error_message = "The function is what the subscription module subscribes."
  }
}

run "subscription_in_the_region_of_the_queue" {
  command = plan

  module {
    source = "./modules/subscription"
  }

  assert {
    condition     = aws_sns_topic_subscription.this.protocol == "sqs" && aws_sns_topic_subscription.this.endpoint == "arn:aws:sqs:eu-central-1:111122223333:events" && aws_sns_topic_subscription.this.topic_arn == "arn:aws:sns:eu-central-1:444455556666:security"
    error_message = "The queue is subscribed to the topic."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.this.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
    error_message = "What SNS cannot hand over goes to the dead-letter queue."
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
    error_message = "SNS takes no dead-letter queue of another region."
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
    error_message = "The protocol follows from the endpoint."
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
