# A created topic: who may publish and subscribe, and its encryption with a key that its publishers can use.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name = "created"
}

run "no_publishers" {
  command = plan

  module {
    source = "./modules/topic"
  }

  assert {
    condition = jsondecode(aws_sns_topic_policy.this.policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action = [
          "sns:AddPermission",
          "sns:DeleteTopic",
          "sns:GetDataProtectionPolicy",
          "sns:GetTopicAttributes",
          "sns:ListSubscriptionsByTopic",
          "sns:ListTagsForResource",
          "sns:Publish",
          "sns:PutDataProtectionPolicy",
          "sns:RemovePermission",
          "sns:SetTopicAttributes",
          "sns:Subscribe",
        ]
        Resource  = "arn:aws:sns:eu-central-1:111122223333:created"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    }
    error_message = "By default, the policy should allow nothing and deny requests without TLS."
  }

  assert {
    condition     = length(output.key_policy_statements) == 0
    error_message = "There should be no statements without a key."
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

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    error_message = "The topic should be encrypted with the given key."
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
      principal_arns = ["arn:aws:iam::444455556666:user/deep-security"]
      account_ids    = ["012345678901"]
    }
  }

  assert {
    condition = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "ListedPublishers"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::444455556666:user/deep-security", "arn:aws:iam::012345678901:root"] }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-central-1:111122223333:created"
    }]
    error_message = "Listed publishers should be allowed to publish, and nothing else should be allowed."
  }
}

run "every_publisher_and_subscriber" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    kms_key_arn     = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    subscriber_arns = ["arn:aws:sqs:eu-central-1:999900001111:hub", "arn:aws:lambda:eu-central-1:999900001111:function:hub"]
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

  assert {
    condition = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement if statement.Sid == "OrganizationPublishes"] == [{
      Sid       = "OrganizationPublishes"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-central-1:111122223333:created"
      Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
    }]
    error_message = "Principals of the organization should be allowed to publish."
  }

  assert {
    condition = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement if statement.Action == "sns:Subscribe"] == [
      {
        Sid       = "Subscriber0"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::999900001111:root" }
        Action    = "sns:Subscribe"
        Resource  = "arn:aws:sns:eu-central-1:111122223333:created"
        Condition = { StringEquals = { "SNS:Protocol" = "sqs", "SNS:Endpoint" = "arn:aws:sqs:eu-central-1:999900001111:hub" } }
      },
      {
        Sid       = "Subscriber1"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::999900001111:root" }
        Action    = "sns:Subscribe"
        Resource  = "arn:aws:sns:eu-central-1:111122223333:created"
        Condition = { StringEquals = { "SNS:Protocol" = "lambda", "SNS:Endpoint" = "arn:aws:lambda:eu-central-1:999900001111:function:hub" } }
      },
    ]
    error_message = "Each account should only be allowed to subscribe its queue or function."
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
    kms_key_arn     = "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    publishers      = { account_ids = ["444455556666"] }
    subscriber_arns = ["arn:aws-cn:sqs:cn-north-1:999900001111:hub"]
  }

  assert {
    condition     = !strcontains(aws_sns_topic_policy.this.policy, "arn:aws:")
    error_message = "Every ARN should be in the topic's partition."
  }

  assert {
    condition     = jsondecode(jsonencode(output.key_policy_statements[0].Principal.AWS)) == ["arn:aws-cn:iam::111122223333:root", "arn:aws-cn:iam::444455556666:root"] && output.key_policy_statements[0].Condition.StringEquals["kms:ViaService"] == "sns.cn-north-1.amazonaws.com.cn"
    error_message = "ARNs and services should be in the topic's partition."
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
