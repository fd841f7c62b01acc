# The examples, unchanged.

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
  target          = module.production.module.topic.aws_sns_topic.this
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-central-1:444455556666:deep-security-datadog" }
}

override_resource {
  target          = module.staging.module.topic.aws_sns_topic.this
  override_during = plan
  values          = { arn = "arn:aws:sns:us-east-1:777788889999:deep-security-datadog" }
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

run "single_account" {
  command = plan

  module {
    source = "./examples/single-account"
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Topic == output.topic_arn && output.publisher_user_name == "deep-security-datadog-publisher"
    error_message = "Deep Security should publish to the created topic as the created user."
  }
}

run "multi_account" {
  command = plan

  module {
    source = "./examples/multi-account"
  }

  assert {
    condition = output.topic_arns == {
      production = "arn:aws:sns:eu-central-1:444455556666:deep-security-datadog"
      staging    = "arn:aws:sns:us-east-1:777788889999:deep-security-datadog"
    }
    error_message = "Each member account should have a topic."
  }

  assert {
    condition     = output.publisher_user_names == { production = "deep-security-datadog-publisher", staging = "deep-security-datadog-publisher" }
    error_message = "Each member account should have a publishing user."
  }

  assert {
    condition     = { for account, text in output.deep_security_sns_configurations : account => jsondecode(text).Statement[0].Topic } == output.topic_arns
    error_message = "Each Deep Security should publish to the topic of its account."
  }
}

run "one_topic" {
  command = plan

  module {
    source = "./examples/one-topic"
  }

  assert {
    condition     = output.publisher_user_names == { production = "deep-security-datadog-publisher", staging = "deep-security-datadog-publisher" }
    error_message = "Each member account should have a publishing user."
  }

  assert {
    condition = [for statement in jsondecode(aws_kms_key_policy.events.policy).Statement : statement.Principal.AWS if statement.Sid == "PublishersEncrypt"] == [[
      "arn:aws:iam::111122223333:root",
      "arn:aws:iam::444455556666:root",
      "arn:aws:iam::777788889999:root",
    ]]
    error_message = "The publishers' accounts should be allowed to use the key."
  }

  assert {
    condition = { for statement in jsondecode(aws_kms_key_policy.events.policy).Statement : statement.Sid => keys(statement.Principal)[0] } == {
      AccountAdministers = "AWS"
      PublishersEncrypt  = "AWS"
      TopicsEncrypt      = "Service"
      FunctionUsesQueues = "AWS"
    }
    error_message = "Key policy should contain the statements for topic and queues besides the account's own."
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Topic == output.topic_arn
    error_message = "Every Deep Security should publish to the one topic."
  }
}
