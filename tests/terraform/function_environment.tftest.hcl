# What the function is told, and that it fits into its environment.

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
    condition = toset(keys(aws_lambda_function.this.environment[0].variables)) == toset([
      "DD_API_KEY_SECRET_ARN", "DD_API_KEY_SECRET_RELOAD_INTERVAL", "DD_LOG_LEVEL", "DD_SITE", "DEAD_LETTER_QUEUE_URL", "DESTINATIONS", "FILTER", "QUEUE_URL",
    ])
    error_message = "What has no value is not there."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DESTINATIONS == "events" && aws_lambda_function.this.environment[0].variables.DD_LOG_LEVEL == "INFO" && aws_lambda_function.this.environment[0].variables.DD_API_KEY_SECRET_RELOAD_INTERVAL == "300"
    error_message = "The defaults of the variables."
  }

  assert {
    condition = jsondecode(aws_lambda_function.this.environment[0].variables.FILTER) == {
      event_types       = null
      rank_greater_than = null
      unranked_events   = "keep"
      minimum_severity  = "info"
      exclude           = []
      fold_repeats      = false
    }
    error_message = "The filter that lets everything through."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.QUEUE_URL == "https://sqs.eu-central-1.amazonaws.com/111122223333/events"
    error_message = "The remainder of a message goes back to the queue."
  }
}

run "everything_set" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog_tags = { env = "production", team = "security" }
    destinations = ["logs", "events"]
    console_url  = "https://dsm.example.com:4119"
    function     = { log_level = "DEBUG" }
    filter = {
      event_types       = ["PayloadLog", "AntiMalwareEvent"]
      rank_greater_than = 50
      unranked_events   = "drop"
      minimum_severity  = "medium"
      exclude           = [{ EventType = "PacketLog", HostSecurityPolicyName = "Test *" }]
      fold_repeats      = true
    }
    logs_filter = { minimum_severity = "low" }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_TAGS == "env:production,team:security"
    error_message = "The form that Datadog users know."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DESTINATIONS == "events,logs" && aws_lambda_function.this.environment[0].variables.CONSOLE_URL == "https://dsm.example.com:4119" && aws_lambda_function.this.environment[0].variables.DD_LOG_LEVEL == "DEBUG"
    error_message = "The function takes them."
  }

  assert {
    condition = jsondecode(aws_lambda_function.this.environment[0].variables.FILTER) == {
      event_types       = ["AntiMalwareEvent", "PayloadLog"]
      rank_greater_than = 50
      unranked_events   = "drop"
      minimum_severity  = "medium"
      exclude           = [{ EventType = "PacketLog", HostSecurityPolicyName = "Test *" }]
      fold_repeats      = true
    }
    error_message = "The filter as it was given."
  }

  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.LOGS_FILTER).minimum_severity == "low"
    error_message = "A filter of its own for the logs."
  }
}

run "direct_delivery" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    delivery = "direct"
  }

  assert {
    condition     = !contains(keys(aws_lambda_function.this.environment[0].variables), "QUEUE_URL")
    error_message = "There is no queue to put anything back to."
  }
}

run "as_large_as_it_may_be" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ Reason = format("%02900d", 0) }] }
  }

  assert {
    condition     = sum([for name, value in aws_lambda_function.this.environment[0].variables : length(name) + length(value)]) < 4096
    error_message = "Lambda takes 4 KB."
  }
}

run "too_large" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ Reason = format("%03100d", 0) }] }
  }

  expect_failures = [var.filter]
}

run "too_large_in_bytes" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ Reason = join("", [for i in range(1000) : "\u8b66"]) }] }
  }

  expect_failures = [var.filter]
}

run "too_large_together" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["events", "logs"]
    filter       = { exclude = [{ Reason = format("%01600d", 0) }] }
    logs_filter  = { exclude = [{ Reason = format("%01600d", 0) }] }
  }

  expect_failures = [var.filter]
}

run "tag_with_a_comma" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog_tags = { team = "security,network" }
  }

  expect_failures = [var.datadog_tags]
}

run "tag_with_a_colon_in_its_key" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog_tags = { "team:name" = "security" }
  }

  expect_failures = [var.datadog_tags]
}

run "tag_too_long" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog_tags = { team = format("%0196d", 0) }
  }

  expect_failures = [var.datadog_tags]
}

run "no_destination" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = []
  }

  expect_failures = [var.destinations]
}

run "unknown_destination" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["metrics"]
  }

  expect_failures = [var.destinations]
}

run "console_without_https" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    console_url = "http://dsm.example.com:4119"
  }

  expect_failures = [var.console_url]
}

run "unknown_log_level" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { log_level = "WARN" }
  }

  expect_failures = [var.function]
}
