# China and GovCloud: assembled ARNs are in the queue's partition, and China's services have their own DNS suffix.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
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

override_resource {
  target          = aws_iam_role.this
  override_during = plan
  values          = { arn = "arn:aws-cn:iam::111122223333:role/events" }
}

override_resource {
  target          = aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/aws/lambda/events" }
}

variables {
  name       = "events"
  topic      = { create = false }
  topic_arns = { security = "arn:aws-cn:sns:cn-north-1:111122223333:security" }
  publishers = { create_user = false }
  queue      = { kms_key_arn = "arn:aws-cn:kms:cn-north-1:111122223333:key/queue" }

  datadog = {
    api_key_ssm_parameter = "/datadog/api-key"
    api_key_kms_key_arn   = "arn:aws-cn:kms:cn-north-1:111122223333:key/api-key"
  }

  function = {
    log_kms_key_arn    = "arn:aws-cn:kms:cn-north-1:111122223333:key/log"
    subnet_ids         = ["subnet-0a"]
    security_group_ids = ["sg-0a"]
  }
}

run "china" {
  command = plan

  assert {
    condition     = alltrue([for text in [aws_iam_role_policy.this.policy, aws_sqs_queue_policy.this[0].policy, jsonencode(output.key_policy_statements)] : !strcontains(text, "arn:aws:")])
    error_message = "Policies should contain no ARN of another partition."
  }

  assert {
    condition     = output.key_policy_statements.log[0].Principal.Service == "logs.cn-north-1.amazonaws.com.cn" && output.key_policy_statements.queue[1].Condition.StringEquals["kms:ViaService"] == "sqs.cn-north-1.amazonaws.com.cn" && output.key_policy_statements.api_key[0].Condition.StringEquals["kms:ViaService"] == "ssm.cn-north-1.amazonaws.com.cn"
    error_message = "Services should have China's DNS suffix."
  }

  assert {
    condition     = output.key_policy_statements.queue[0].Principal.Service == "sns.amazonaws.com"
    error_message = "SNS should have the same principal as in every partition."
  }
}

run "event_source_mapping_without_tags" {
  command = plan

  variables {
    tags = { team = "security" }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].tags == null && aws_lambda_function.this.tags == tomap({ team = "security" })
    error_message = "Event source mapping should have no tags, which Lambda does not accept there; other resources should have them."
  }
}
