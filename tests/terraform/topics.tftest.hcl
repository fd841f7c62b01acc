# Created and existing topics, and who may publish to which.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "existing_topic" {
  command = plan

  variables {
    topic = { create = false, existing_arns = ["arn:aws:sns:eu-central-1:444455556666:theirs"] }
  }

  assert {
    condition     = length(module.topic) == 0 && output.topic_arn == "arn:aws:sns:eu-central-1:444455556666:theirs"
    error_message = "The existing topic takes the place of a created one."
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Topic == "arn:aws:sns:eu-central-1:444455556666:theirs"
    error_message = "Deep Security publishes to the existing topic."
  }
}

run "several_existing_topics" {
  command = plan

  variables {
    topic = {
      create        = false
      existing_arns = ["arn:aws:sns:eu-central-1:444455556666:theirs", "arn:aws:sns:eu-central-1:777788889999:others"]
    }
  }

  assert {
    condition     = output.topic_arn == null && output.deep_security_sns_configuration == null
    error_message = "Nobody can say which of several is Deep Security's, and configuring them all would double the events."
  }
}

run "created_and_existing_topic" {
  command = plan

  variables {
    topic = { existing_arns = ["arn:aws:sns:eu-central-1:444455556666:theirs"] }
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:111122223333:created"
    error_message = "Beside existing topics, Deep Security's is the created one."
  }
}

run "no_topic_at_all" {
  command = plan

  variables {
    topic = { create = false }
  }

  expect_failures = [var.topic]
}

run "publishers_of_an_existing_topic" {
  command = plan

  variables {
    topic      = { create = false, existing_arns = ["arn:aws:sns:eu-central-1:444455556666:theirs"] }
    publishers = { account_ids = ["444455556666"] }
  }

  expect_failures = [var.publishers]
}

run "bounds_of_a_user_that_is_not_created" {
  command = plan

  variables {
    publishers = { create_user = false, source_cidrs = ["203.0.113.7/32"] }
  }

  expect_failures = [var.publishers]
}

run "a_publisher_in_another_account" {
  command = plan

  variables {
    topic      = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
    publishers = { account_ids = ["444455556666"] }
  }

  # The topic module refuses the account unless the key reaches it.
  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:111122223333:created"
    error_message = "With a key of one's own, other accounts can publish."
  }
}
