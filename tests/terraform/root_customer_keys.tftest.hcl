# The root module hands on what the owners of the keys are to allow.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "no_key" {
  command = plan

  assert {
    condition     = { for key, statements in output.key_policy_statements : key => length(statements) } == { topic = 0, queue = 0, log = 0, api_key = 0 }
    error_message = "No key, nothing to allow."
  }

  assert {
    condition     = length(module.publisher[0].key_policy_statements) == 0
    error_message = "The created user needs none."
  }
}

run "a_key_for_each" {
  command = plan

  variables {
    topic    = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/topic" }
    queue    = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/queue" }
    function = { log_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/log" }
    datadog = {
      api_key_secret_arn  = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf"
      api_key_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/api-key"
    }
  }

  assert {
    condition = { for key, statements in output.key_policy_statements : key => [for statement in statements : statement.Sid] } == {
      topic   = ["PublishersEncrypt"]
      queue   = ["TopicsEncrypt", "FunctionUsesQueues"]
      log     = ["LogGroupEncrypts"]
      api_key = ["FunctionReadsApiKey"]
    }
    error_message = "Each key's own statements, by names that can stand in one policy."
  }

  assert {
    condition     = [for statement in module.publisher[0].key_policy_statements : statement.Sid] == ["PublisherEncrypts"]
    error_message = "The created user is given the topic's key."
  }
}

run "key_of_an_existing_topic" {
  command = plan

  variables {
    topic = {
      create        = false
      existing_arns = ["arn:aws:sns:eu-central-1:444455556666:security"]
      kms_key_arn   = "arn:aws:kms:eu-central-1:444455556666:key/topic"
    }
  }

  assert {
    condition     = [for statement in output.key_policy_statements.topic : statement.Sid] == ["PublisherEncrypts"]
    error_message = "The created user; the topic's owner sees to the others."
  }
}

run "key_of_an_existing_topic_that_nobody_here_uses" {
  command = plan

  variables {
    topic = {
      create        = false
      existing_arns = ["arn:aws:sns:eu-central-1:444455556666:security"]
      kms_key_arn   = "arn:aws:kms:eu-central-1:444455556666:key/topic"
    }
    publishers = { create_user = false }
  }

  expect_failures = [var.publishers]
}
