# With any function.timeout, messages survive an outage of queue.minimum_outage_hours and reach the dead-letter queue before they expire.
# The first 20 attempts come earlier than one per visibility timeout (backoff.py), so they do not count.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "timeout_of_5_seconds" {
  command = plan

  variables {
    function = { timeout = 5 }
  }

  assert {
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds >= 6 * 5 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount <= 1000
    error_message = "Visibility timeout should be at least six function timeouts, with at most 1000 attempts, SQS's limit."
  }

  assert {
    condition     = (jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount - 20) * aws_sqs_queue.this[0].visibility_timeout_seconds >= 24 * 3600 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount * aws_sqs_queue.this[0].visibility_timeout_seconds < aws_sqs_queue.this[0].message_retention_seconds
    error_message = "Attempts should continue for 24 hours after the first 20, and end before the message expires."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.QUEUE_VISIBILITY_TIMEOUT == tostring(aws_sqs_queue.this[0].visibility_timeout_seconds)
    error_message = "Function should know the queue's visibility timeout, its longest backoff."
  }
}

run "timeout_of_900_seconds" {
  command = plan

  variables {
    function = { timeout = 900 }
  }

  assert {
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds >= 6 * 900 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount <= 1000
    error_message = "Visibility timeout should be at least six function timeouts, with at most 1000 attempts, SQS's limit."
  }

  assert {
    condition     = (jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount - 20) * aws_sqs_queue.this[0].visibility_timeout_seconds >= 24 * 3600 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount * aws_sqs_queue.this[0].visibility_timeout_seconds < aws_sqs_queue.this[0].message_retention_seconds
    error_message = "Attempts should continue for 24 hours after the first 20, and end before the message expires."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.QUEUE_VISIBILITY_TIMEOUT == tostring(aws_sqs_queue.this[0].visibility_timeout_seconds)
    error_message = "Function should know the queue's visibility timeout, its longest backoff."
  }
}

run "long_outage_with_the_shortest_timeout" {
  command = plan

  variables {
    function = { timeout = 5 }
    queue    = { retention_days = 13, minimum_outage_hours = 300 }
  }

  assert {
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds == 1103 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 1000
    error_message = "Visibility timeout should grow until 980 of SQS's 1000 attempts last minimum_outage_hours."
  }
}

run "no_outage" {
  command = plan

  variables {
    function = { timeout = 5 }
    queue    = { minimum_outage_hours = 0 }
  }

  assert {
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds == 30 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 20
    error_message = "There should be the 20 early attempts even with minimum_outage_hours = 0."
  }
}

run "one_attempt" {
  command = plan

  variables {
    queue = { minimum_outage_hours = 0, max_receive_count = 1 }
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 1
    error_message = "Fewer than the 20 early attempts should be accepted with minimum_outage_hours = 0."
  }
}

run "attempts_that_cover_the_outage" {
  command = plan

  variables {
    queue = { max_receive_count = 501 }
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 501
    error_message = "max_receive_count should be used as given if it covers the outage."
  }
}
