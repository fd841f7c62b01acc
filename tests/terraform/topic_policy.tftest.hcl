# Who may publish and subscribe to a created topic.

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

run "organization" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    publishers  = { organization_id = "o-a1b2c3d4e5" }
  }

  assert {
    condition = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "OrganizationPublishes"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-central-1:111122223333:created"
      Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
    }]
    error_message = "Principals of the organization should be allowed to publish, and nobody else."
  }
}

run "subscribers" {
  command = plan

  module {
    source = "./modules/topic"
  }

  variables {
    subscriber_arns = ["arn:aws:sqs:eu-central-1:999900001111:hub", "arn:aws:lambda:eu-central-1:999900001111:function:hub"]
  }

  assert {
    condition = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement if statement.Effect == "Allow"] == [
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
}
