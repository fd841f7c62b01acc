# The example with one topic in a security account and publishers in others.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

mock_provider "aws" {
  alias           = "production"
  source          = "./tests/terraform/aws"
  override_during = plan
}

mock_provider "aws" {
  alias           = "staging"
  source          = "./tests/terraform/aws"
  override_during = plan
}

override_resource {
  target          = aws_secretsmanager_secret.datadog_api_key
  override_during = plan
  values          = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

override_resource {
  target          = module.production.aws_iam_user.this
  override_during = plan
  values          = { arn = "arn:aws:iam::444455556666:user/deep-security-datadog-publisher" }
}

override_resource {
  target          = module.staging.aws_iam_user.this
  override_during = plan
  values          = { arn = "arn:aws:iam::777788889999:user/deep-security-datadog-publisher" }
}

variables {
  datadog_api_key = "a-key"
}

run "as_it_is" {
  command = plan

  module {
    source = "./examples/one-topic"
  }

  assert {
    condition     = output.publisher_user_names == { production = "deep-security-datadog-publisher", staging = "deep-security-datadog-publisher" }
    error_message = "A user in each member account."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key_policy.events.policy).Statement : statement.Principal.AWS if statement.Sid == "PublishersEncrypt"] == [[
      "arn:aws:iam::111122223333:root",
      "arn:aws:iam::444455556666:root",
      "arn:aws:iam::777788889999:root",
    ]]
    error_message = "The publishers' accounts may use the key."
  }

  assert {
    condition = { for statement in jsondecode(aws_kms_key_policy.events.policy).Statement : statement.Sid => keys(statement.Principal)[0] } == {
      AccountAdministers = "AWS"
      PublishersEncrypt  = "AWS"
      TopicsEncrypt      = "Service"
      FunctionUsesQueues = "AWS"
    }
    error_message = "The statements for topic and queues beside those of the account."
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Topic == output.topic_arn
    error_message = "Every Deep Security publishes to the one topic."
  }
}

run "blank_api_key" {
  command = plan

  module {
    source = "./examples/one-topic"
  }

  variables {
    datadog_api_key = " "
  }

  expect_failures = [var.datadog_api_key]
}
