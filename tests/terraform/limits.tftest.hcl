# What grows with the inputs stays within AWS's limits up to the last input that the plan accepts.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "a23456789012345678901234567890123456789012345678901234"
  datadog = { api_key_ssm_parameter = "/datadog/api-key" }
}

run "topics_of_one_queue" {
  command = plan

  variables {
    topic_arns = { for each in range(115) : "account-${each}" => "arn:aws:sns:eu-central-1:444455556666:deep-security-${each}" }
    publishers = { create_user = false }
  }

  assert {
    condition     = length(aws_sqs_queue_policy.this[0].policy) <= local.queue_policy_bytes && local.queue_policy_bytes <= 8192
    error_message = "The queues' policy should fit SQS with 115 topics."
  }
}

run "topics_of_opt_in_regions" {
  command = plan

  variables {
    topic_arns = merge([for region in ["af-south-1", "ap-east-1", "eu-south-1", "il-central-1"] : {
      for each in range(24) : "${region}-${each}" => "arn:aws:sns:${region}:444455556666:deep-security-${each}"
    }]...)
    subscribe  = false
    publishers = { create_user = false }
  }

  assert {
    condition     = length(aws_sqs_queue_policy.dead_letter.policy) <= local.queue_policy_bytes && local.queue_policy_bytes <= 8192
    error_message = "The queues' policy should fit SQS with a statement for each opt-in region."
  }
}

run "topics_of_one_user" {
  command = plan

  variables {
    topic      = { create = false }
    topic_arns = { for each in range(100) : "account-${each}" => "arn:aws:sns:eu-central-1:444455556666:deep-security-${each}" }
  }

  assert {
    condition     = output.publisher_user_name != null
    error_message = "One user should be able to publish to 100 topics."
  }
}

run "topics_of_one_function" {
  command = plan

  variables {
    name       = "deep-security-datadog"
    delivery   = "direct"
    topic_arns = { for each in range(55) : "account-${each}" => "arn:aws:sns:eu-central-1:444455556666:deep-security-${each}" }
    publishers = { create_user = false }
  }

  assert {
    condition     = length(aws_lambda_permission.topic) == 56
    error_message = "One function should be able to serve 55 topics directly."
  }
}

run "environment" {
  command = plan

  variables {
    console_url  = "https://dsm.example.com:4119"
    datadog_tags = { env = "production", team = "security" }
    destinations = { events = { filter = { exclude = [for each in range(90) : { Hostname = "dev-${each}-*" }] } } }
  }

  assert {
    condition     = length(jsonencode(aws_lambda_function.this.environment[0].variables)) <= local.environment_bytes && local.environment_bytes <= 4096
    error_message = "The environment should fit Lambda, counted as JSON."
  }
}

run "unusual_tags" {
  command = plan

  variables {
    tags = { "Kostenstelle/Büro" = "R+D: a_b=c @home", empty = "" }
  }

  assert {
    condition     = aws_lambda_function.this.tags.empty == ""
    error_message = "Letters of any language and the characters that IAM accepts should be accepted."
  }
}
