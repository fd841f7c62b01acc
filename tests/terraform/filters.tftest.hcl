# A filter that can only be a mistake is refused.

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

run "empty_list_of_types" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = [] }
  }

  expect_failures = [var.filter]
}

run "type_with_a_blank" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["Anti Malware"] }
  }

  expect_failures = [var.filter]
}

run "negative_rank" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { rank_greater_than = -1 }
  }

  expect_failures = [var.filter]
}

run "unknown_way_with_unranked_events" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { unranked_events = "maybe" }
  }

  expect_failures = [var.filter]
}

run "unknown_severity" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { minimum_severity = "warning" }
  }

  expect_failures = [var.filter]
}

run "pattern_that_matches_everything" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{}] }
  }

  expect_failures = [var.filter]
}

run "new_event_type" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["PayloadLog", "ActivityEvent"] }
  }

  expect_failures = [check.event_types_are_known]
}

run "new_event_type_in_the_logs" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { event_types = ["ActivityEvent"] }
  }

  expect_failures = [check.event_types_are_known]
}

run "filter_of_logs_that_are_not_sent" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    logs_filter = { minimum_severity = "low" }
  }

  expect_failures = [var.logs_filter]
}

run "logs_empty_list_of_types" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { event_types = [] }
  }

  expect_failures = [var.logs_filter]
}

run "logs_negative_rank" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { rank_greater_than = -1 }
  }

  expect_failures = [var.logs_filter]
}

run "logs_unknown_way_with_unranked_events" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { unranked_events = "maybe" }
  }

  expect_failures = [var.logs_filter]
}

run "logs_unknown_severity" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { minimum_severity = "warning" }
  }

  expect_failures = [var.logs_filter]
}

run "logs_pattern_that_matches_everything" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { exclude = [{}] }
  }

  expect_failures = [var.logs_filter]
}
