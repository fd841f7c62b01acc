# The example with a security account and member accounts.

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
  alias           = "subscriber_production"
  source          = "./tests/terraform/aws"
  override_during = plan
}

mock_provider "aws" {
  alias           = "staging"
  source          = "./tests/terraform/aws"
  override_during = plan
}

mock_provider "aws" {
  alias           = "subscriber_staging"
  source          = "./tests/terraform/aws"
  override_during = plan
}

override_resource {
  target          = aws_secretsmanager_secret.datadog_api_key
  override_during = plan
  values          = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

override_resource {
  target          = module.production.module.topic.aws_sns_topic.this
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-central-1:444455556666:deep-security-datadog" }
}

override_resource {
  target          = module.staging.module.topic.aws_sns_topic.this
  override_during = plan
  values          = { arn = "arn:aws:sns:us-east-1:777788889999:deep-security-datadog" }
}

variables {
  datadog_api_key = "a-key"
}

run "as_it_is" {
  command = plan

  module {
    source = "./examples/multi-account"
  }

  assert {
    condition = output.topic_arns == {
      production = "arn:aws:sns:eu-central-1:444455556666:deep-security-datadog"
      staging    = "arn:aws:sns:us-east-1:777788889999:deep-security-datadog"
    }
    error_message = "A topic in each member account."
  }

  assert {
    condition     = output.publisher_user_names == { production = "deep-security-datadog-publisher", staging = "deep-security-datadog-publisher" }
    error_message = "A user in each member account."
  }

  assert {
    condition     = { for account, text in output.deep_security_sns_configurations : account => jsondecode(text).Statement[0].Topic } == output.topic_arns
    error_message = "Each Deep Security publishes to the topic of its account."
  }
}

run "blank_api_key" {
  command = plan

  module {
    source = "./examples/multi-account"
  }

  variables {
    datadog_api_key = " "
  }

  expect_failures = [var.datadog_api_key]
}
