# The user that Deep Security publishes as may publish, and nothing else.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name       = "events-publisher"
  topic_arns = ["arn:aws:sns:eu-central-1:111122223333:created"]
}

run "publish_and_nothing_else" {
  command = plan

  module {
    source = "./modules/publisher"
  }

  assert {
    condition = jsondecode(aws_iam_policy.this.policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid      = "Publish"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = ["arn:aws:sns:eu-central-1:111122223333:created"]
      }]
    }
    error_message = "User should be allowed one action on one topic."
  }

  assert {
    condition     = aws_iam_user.this.name == "events-publisher" && aws_iam_user.this.path == "/" && aws_iam_user.this.permissions_boundary == null
    error_message = "The user should have no path and no boundary by default."
  }

  assert {
    condition     = length(output.key_policy_statements) == 0
    error_message = "There should be no statements without a key."
  }
}

run "key_of_the_topic" {
  command = plan

  module {
    source = "./modules/publisher"
  }

  variables {
    kms_key_arns = ["arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  }

  assert {
    condition = jsondecode(aws_iam_policy.this.policy).Statement[1] == {
      Sid       = "EncryptForTheTopics"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = ["arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
      Condition = { StringEquals = { "kms:ViaService" = ["sns.eu-central-1.amazonaws.com"] } }
    }
    error_message = "User should be allowed the two actions that SNS needs, through SNS only."
  }

  assert {
    condition = jsondecode(jsonencode(output.key_policy_statements)) == [{
      Sid       = "PublisherEncrypts"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = {
        ArnEquals    = { "aws:PrincipalArn" = "arn:aws:iam::111122223333:user/created" }
        StringEquals = { "kms:ViaService" = ["sns.eu-central-1.amazonaws.com"] }
      }
    }]
    error_message = "The key's policy statements should allow the same to this user."
  }
}

run "keys_of_two_regions" {
  command = plan

  module {
    source = "./modules/publisher"
  }

  variables {
    topic_arns = [
      "arn:aws:sns:eu-central-1:111122223333:created",
      "arn:aws:sns:eu-central-1:111122223333:other",
      "arn:aws:sns:us-east-1:111122223333:created",
    ]
    kms_key_arns = ["arn:aws:kms:eu-central-1:111122223333:key/mrk-1234", "arn:aws:kms:us-east-1:111122223333:key/mrk-1234"]
  }

  assert {
    condition     = jsondecode(aws_iam_policy.this.policy).Statement[1].Condition.StringEquals["kms:ViaService"] == ["sns.eu-central-1.amazonaws.com", "sns.us-east-1.amazonaws.com"]
    error_message = "User should use the keys through SNS in each topic's region."
  }
}

run "topic_in_china" {
  command = plan

  module {
    source = "./modules/publisher"
  }

  variables {
    topic_arns   = ["arn:aws-cn:sns:cn-north-1:111122223333:created"]
    kms_key_arns = ["arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  }

  assert {
    condition     = jsondecode(aws_iam_policy.this.policy).Statement[1].Condition.StringEquals["kms:ViaService"] == ["sns.cn-north-1.amazonaws.com.cn"]
    error_message = "Service should have China's DNS suffix."
  }
}

run "source_cidrs" {
  command = plan

  module {
    source = "./modules/publisher"
  }

  variables {
    source_cidrs = ["203.0.113.7/32", "198.51.100.0/24"]
  }

  assert {
    condition     = jsondecode(aws_iam_policy.this.policy).Statement[0].Condition == { IpAddress = { "aws:SourceIp" = ["198.51.100.0/24", "203.0.113.7/32"] } }
    error_message = "The user should publish from the given address ranges only."
  }
}

run "boundary_path_and_tags" {
  command = plan

  module {
    source = "./modules/publisher"
  }

  variables {
    path                     = "/service/"
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
    tags                     = { team = "security" }
  }

  assert {
    condition     = aws_iam_user.this.path == "/service/" && aws_iam_policy.this.path == "/service/" && aws_iam_policy.this.tags.team == "security" && aws_iam_user.this.permissions_boundary == "arn:aws:iam::111122223333:policy/boundary" && aws_iam_user.this.tags.team == "security"
    error_message = "The user should have the given path, boundary and tags."
  }
}

run "longest_name" {
  command = plan

  module {
    source = "./modules/publisher"
  }

  variables {
    name = "a234567890123456789012345678901234567890123456789012345678901234"
  }

  assert {
    condition     = length(aws_iam_user.this.name) == 64
    error_message = "Longest name that IAM accepts should be accepted."
  }
}
