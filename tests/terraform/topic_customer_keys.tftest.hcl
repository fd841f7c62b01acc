# Policy statements for a topic's key: only for publishers, and nothing without a key.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name = "events"
}

run "no_key" {
  command = plan

  module {
    source = "./modules/topic"
  }

  assert {
    condition     = length(output.key_policy_statements) == 0
    error_message = "There should be no statements without a key."
  }
}

run "no_publishers" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition = jsondecode(jsonencode(output.key_policy_statements)) == [{
      Sid       = "PublishersEncrypt"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::111122223333:root"] }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = { "kms:ViaService" = "sns.eu-central-1.amazonaws.com" } }
    }]
    error_message = "The topic's account should use the key through SNS, as its IAM policies allow."
  }
}

run "publishers" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    publishers = {
      principal_arns  = ["arn:aws:iam::444455556666:user/deep-security"]
      account_ids     = ["012345678901", "111122223333"]
      organization_id = "o-a1b2c3d4e5"
    }
  }

  assert {
    condition = jsondecode(jsonencode(output.key_policy_statements[0].Principal.AWS)) == [
      "arn:aws:iam::111122223333:root",
      "arn:aws:iam::444455556666:user/deep-security",
      "arn:aws:iam::012345678901:root",
    ]
    error_message = "Every publisher should be named, and only once."
  }

  assert {
    condition = jsondecode(jsonencode(output.key_policy_statements[1])) == {
      Sid       = "OrganizationEncrypts"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5", "kms:ViaService" = "sns.eu-central-1.amazonaws.com" } }
    }
    error_message = "Principals of the organization should use the key through SNS only."
  }
}

run "china" {
  command = plan

  module {
    source = "./modules/topic"
  }

  override_resource {
    target          = aws_sns_topic.this
    override_during = plan
    values          = { arn = "arn:aws-cn:sns:cn-north-1:111122223333:created" }
  }

  variables {
    kms_key_arn = "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  assert {
    condition     = jsondecode(jsonencode(output.key_policy_statements[0].Principal.AWS)) == ["arn:aws-cn:iam::111122223333:root"] && output.key_policy_statements[0].Condition.StringEquals["kms:ViaService"] == "sns.cn-north-1.amazonaws.com.cn"
    error_message = "ARNs and services should be in the topic's partition."
  }
}
