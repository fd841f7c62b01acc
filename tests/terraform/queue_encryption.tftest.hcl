# Both queues are encrypted, and by a key that SNS can use.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

override_resource {
  target          = aws_sqs_queue.this
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events"
  }
}

override_resource {
  target          = aws_sqs_queue.dead_letter
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
  }
}

variables {
  name       = "events"
  topic_arns = { security = "arn:aws:sns:eu-central-1:111122223333:security" }
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "by_default" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = aws_sqs_queue.this[0].sqs_managed_sse_enabled && aws_sqs_queue.dead_letter.sqs_managed_sse_enabled
    error_message = "By the keys that SQS manages."
  }

  assert {
    condition     = aws_sqs_queue.this[0].kms_master_key_id == null && aws_sqs_queue.dead_letter.kms_master_key_id == null
    error_message = "No other key beside."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this.policy, "kms:")
    error_message = "The role needs nothing of KMS."
  }
}

run "by_a_key" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.this[0], aws_sqs_queue.dead_letter] : queue.kms_master_key_id == "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"])
    error_message = "Both queues by the given key."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "UseKeyOfQueues"]) == {
      Sid       = "UseKeyOfQueues"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      Condition = { StringEquals = { "kms:ViaService" = "sqs.eu-central-1.amazonaws.com" } }
    }
    error_message = "The role may read and send with this key, and use it for nothing else."
  }
}

run "by_the_managed_key" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { kms_key_arn = "alias/aws/sqs" }
  }

  expect_failures = [var.queue]
}
