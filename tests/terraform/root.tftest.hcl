# The root module by its defaults: a topic, a user and the queue between them and Datadog.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "everything_is_created" {
  command = plan

  assert {
    condition     = length(module.topic) == 1 && length(module.publisher) == 1
    error_message = "The defaults make a topic and a user."
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:111122223333:created"
    error_message = "The topic to enter in Deep Security is the created one."
  }

  assert {
    condition     = output.function_name == "deep-security-datadog" && output.publisher_user_name == "deep-security-datadog-publisher" && output.log_group_name == "/aws/lambda/deep-security-datadog"
    error_message = "Names begin with name."
  }

  assert {
    condition     = output.queue_arn != null && output.queue_url != null && output.dead_letter_queue_arn != null
    error_message = "Delivery is by queue."
  }
}

run "two_copies_share_no_name" {
  command = plan

  variables {
    name = "second"
  }

  assert {
    condition     = output.function_name == "second" && output.publisher_user_name == "second-publisher" && output.log_group_name == "/aws/lambda/second"
    error_message = "Every name begins with the other name."
  }
}

run "direct_delivery" {
  command = plan

  variables {
    delivery = "direct"
  }

  assert {
    condition     = output.queue_arn == null && output.queue_url == null && output.dead_letter_queue_arn != null
    error_message = "No queue, but a dead-letter queue."
  }
}

run "no_user" {
  command = plan

  variables {
    publishers = { create_user = false }
  }

  assert {
    condition     = length(module.publisher) == 0 && output.publisher_user_name == null
    error_message = "publishers.create_user = false makes none."
  }
}

run "longest_name" {
  command = plan

  variables {
    name = "a234567890123456789012345678901234567890123456789012ab"
  }

  assert {
    condition     = length(output.publisher_user_name) == 64
    error_message = "IAM takes 64 characters."
  }
}

run "name_too_long" {
  command = plan

  variables {
    name = "a234567890123456789012345678901234567890123456789012abc"
  }

  expect_failures = [var.name]
}

run "name_with_a_dot" {
  command = plan

  variables {
    name = "deep.security"
  }

  expect_failures = [var.name]
}
