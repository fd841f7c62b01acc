# China and GovCloud: every ARN that is assembled is of the queue's partition.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name       = "events"
  topic_arns = { security = "arn:aws:sns:eu-central-1:111122223333:security" }
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

override_resource {
  target          = aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/aws/lambda/events" }
}

run "china" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  override_resource {
    target          = aws_sqs_queue.this
    override_during = plan
    values          = { arn = "arn:aws-cn:sqs:cn-north-1:111122223333:events" }
  }

  override_resource {
    target          = aws_sqs_queue.dead_letter
    override_during = plan
    values          = { arn = "arn:aws-cn:sqs:cn-north-1:111122223333:events-dead-letter" }
  }

  variables {
    topic_arns = { security = "arn:aws-cn:sns:cn-north-1:111122223333:security" }
    datadog = {
      api_key_ssm_parameter = "/datadog/api-key"
      api_key_kms_key_arn   = "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
    function = { subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0a"] }
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this.policy, "arn:aws:") && !strcontains(aws_sqs_queue_policy.this[0].policy, "arn:aws:")
    error_message = "No ARN of another partition."
  }
}
