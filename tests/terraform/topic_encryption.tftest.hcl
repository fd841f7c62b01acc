# The topic is encrypted, with a key that its publishers can use.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name = "created"
}

run "default" {
  command = plan

  module {
    source = "./modules/topic"
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == "alias/aws/sns"
    error_message = "The topic should be encrypted with the AWS managed key by default."
  }
}

run "customer_managed_key" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    error_message = "The topic should be encrypted with the given key."
  }
}

run "principal_of_another_account_without_a_key" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    publishers = { principal_arns = ["arn:aws:iam::444455556666:user/deep-security"] }
  }

  expect_failures = [aws_sns_topic_policy.this]
}

run "principal_of_this_account_without_a_key" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    publishers = { principal_arns = ["arn:aws:iam::111122223333:role/deep-security"] }
  }

  assert {
    condition     = strcontains(aws_sns_topic_policy.this.policy, "arn:aws:iam::111122223333:role/deep-security")
    error_message = "A principal of the topic's account should need no customer managed key."
  }
}
