# Between two regions, SNS delivers as the principal of the opt-in region. It does not deliver between two opt-in regions.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name       = "events"
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
  queue      = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  topic      = { create = false }
  publishers = { create_user = false }
  subscribe  = false
  topic_arns = {
    frankfurt = "arn:aws:sns:eu-central-1:444455556666:security"
    virginia  = "arn:aws:sns:us-east-1:444455556666:security"
    capetown  = "arn:aws:sns:af-south-1:444455556666:security"
  }
}

run "topic_in_an_opt_in_region" {
  command = plan

  assert {
    condition = alltrue([
      for policy in [aws_sqs_queue_policy.this[0].policy, aws_sqs_queue_policy.dead_letter.policy] : {
        for statement in jsondecode(policy).Statement :
        statement.Sid => [statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"]] if statement.Effect == "Allow"
        } == {
        TopicsSend         = ["sns.amazonaws.com", ["arn:aws:sns:eu-central-1:444455556666:security", "arn:aws:sns:us-east-1:444455556666:security"]]
        TopicsSendAfSouth1 = ["sns.af-south-1.amazonaws.com", ["arn:aws:sns:af-south-1:444455556666:security"]]
      }
    ])
    error_message = "Each SNS principal should send for its own topics only."
  }

  assert {
    condition = {
      for statement in jsondecode(jsonencode(output.key_policy_statements.queue)) :
      statement.Sid => [statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"]] if can(statement.Principal.Service)
      } == {
      TopicsEncrypt         = ["sns.amazonaws.com", ["arn:aws:sns:eu-central-1:444455556666:security", "arn:aws:sns:us-east-1:444455556666:security"]]
      TopicsEncryptAfSouth1 = ["sns.af-south-1.amazonaws.com", ["arn:aws:sns:af-south-1:444455556666:security"]]
    }
    error_message = "Each SNS principal should use the queues' key for its own topics only."
  }
}

run "function_for_a_topic_in_an_opt_in_region" {
  command = plan

  variables {
    delivery = "direct"
  }

  assert {
    condition = { for name, permission in aws_lambda_permission.topic : name => permission.principal } == {
      frankfurt = "sns.amazonaws.com"
      virginia  = "sns.amazonaws.com"
      capetown  = "sns.af-south-1.amazonaws.com"
    }
    error_message = "Each topic should invoke the function as its own SNS principal."
  }
}

run "queue_in_an_opt_in_region" {
  command = plan

  override_resource {
    target          = aws_sqs_queue.dead_letter
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-south-1:111122223333:events-dead-letter" }
  }

  variables {
    topic_arns = {
      milan    = "arn:aws:sns:eu-south-1:444455556666:security"
      virginia = "arn:aws:sns:us-east-1:444455556666:security"
    }
  }

  assert {
    condition = {
      for statement in jsondecode(aws_sqs_queue_policy.this[0].policy).Statement :
      statement.Principal.Service => statement.Condition.ArnEquals["aws:SourceArn"] if statement.Effect == "Allow"
      } == {
      "sns.amazonaws.com"            = ["arn:aws:sns:eu-south-1:444455556666:security"]
      "sns.eu-south-1.amazonaws.com" = ["arn:aws:sns:us-east-1:444455556666:security"]
    }
    error_message = "Topics in other regions should send as SNS of the queue's region, and topics in the same region as sns.amazonaws.com."
  }
}

run "between_two_opt_in_regions" {
  command = plan

  override_resource {
    target          = aws_sqs_queue.dead_letter
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-south-1:111122223333:events-dead-letter" }
  }

  expect_failures = [aws_sqs_queue_policy.dead_letter]
}

run "function_in_an_opt_in_region" {
  command = plan

  override_resource {
    target          = aws_sqs_queue.dead_letter
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-south-1:111122223333:events-dead-letter" }
  }

  variables {
    delivery   = "direct"
    topic_arns = { virginia = "arn:aws:sns:us-east-1:444455556666:security" }
  }

  expect_failures = [aws_sqs_queue_policy.dead_letter]
}

run "govcloud_has_none" {
  command = plan

  override_resource {
    target          = aws_sqs_queue.dead_letter
    override_during = plan
    values          = { arn = "arn:aws-us-gov:sqs:us-gov-east-1:111122223333:events-dead-letter" }
  }

  variables {
    topic_arns = { west = "arn:aws-us-gov:sns:us-gov-west-1:444455556666:security" }
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Principal.Service == "sns.amazonaws.com"
    error_message = "Regions of other partitions should not count as opt-in."
  }
}
