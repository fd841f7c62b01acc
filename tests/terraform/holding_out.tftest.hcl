# Messages outlast a day of Datadog being down, and reach the dead-letter queue before they expire.

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
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds == 6 * aws_lambda_function.this.timeout
    error_message = "Six times the function's timeout."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount * aws_sqs_queue.this[0].visibility_timeout_seconds >= 86400
    error_message = "At least 24 hours of attempts."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount * aws_sqs_queue.this[0].visibility_timeout_seconds < aws_sqs_queue.this[0].message_retention_seconds
    error_message = "The attempts end before the message expires."
  }

  assert {
    condition     = aws_sqs_queue.this[0].message_retention_seconds < aws_sqs_queue.dead_letter.message_retention_seconds
    error_message = "A message keeps its age in the dead-letter queue, which must hold it longer."
  }
}

run "longer_invocations" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 90 }
  }

  assert {
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds == 540 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 160
    error_message = "Fewer attempts make a day."
  }
}

run "shortest_invocations_for_a_day" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 15 }
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 960
    error_message = "SQS counts to 1000."
  }
}

run "invocations_too_short_for_a_day" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 14 }
  }

  expect_failures = [aws_sqs_queue.this]
}

run "less_than_a_day_on_purpose" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 5 }
    queue    = { minimum_outage_hours = 0 }
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 5
    error_message = "Lambda's advice is five attempts at least."
  }
}

run "attempts_end_within_the_day" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { max_receive_count = 479 }
  }

  expect_failures = [aws_sqs_queue.this]
}

run "attempts_that_make_a_day" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { max_receive_count = 480 }
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 480
    error_message = "480 times 180 seconds."
  }
}

run "expired_before_the_last_attempt" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { retention_days = 1 }
  }

  expect_failures = [aws_sqs_queue.this]
}

run "expired_before_the_chosen_attempts" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 900 }
    queue    = { max_receive_count = 1000 }
  }

  expect_failures = [aws_sqs_queue.this]
}

run "retention_as_long_as_the_dead_letter_queues" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { retention_days = 14 }
  }

  expect_failures = [var.queue]
}

run "no_retention" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { retention_days = 0 }
  }

  expect_failures = [var.queue]
}

run "more_attempts_than_sqs_counts" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { max_receive_count = 1001 }
  }

  expect_failures = [var.queue]
}

run "no_attempt" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { max_receive_count = 0, minimum_outage_hours = 0 }
  }

  expect_failures = [var.queue]
}

run "negative_outage" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    queue = { minimum_outage_hours = -1 }
  }

  expect_failures = [var.queue]
}
