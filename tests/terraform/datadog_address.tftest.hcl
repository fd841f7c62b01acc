# Where Datadog is.

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
    condition     = aws_lambda_function.this.environment[0].variables.DD_SITE == "datadoghq.com" && length(setintersection(keys(aws_lambda_function.this.environment[0].variables), ["DD_API_URL", "DD_LOGS_URL"])) == 0
    error_message = "The site, from which the rest is derived."
  }
}

run "by_private_link" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = {
      api_key_ssm_parameter = "/datadog/api-key"
      site                  = "us5.datadoghq.com"
      api_url               = "https://api.us5.datadoghq.com"
      logs_url              = "https://logs.internal.example:8443"
    }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_SITE == "us5.datadoghq.com" && aws_lambda_function.this.environment[0].variables.DD_API_URL == "https://api.us5.datadoghq.com" && aws_lambda_function.this.environment[0].variables.DD_LOGS_URL == "https://logs.internal.example:8443"
    error_message = "The function takes all three."
  }
}

run "by_a_stand_in" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", api_url = "http://127.0.0.1:8080", logs_url = "http://localhost:8080" }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_API_URL == "http://127.0.0.1:8080"
    error_message = "Plain http is for the own machine."
  }
}

run "http" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", api_url = "http://api.datadoghq.com" }
  }

  expect_failures = [var.datadog]
}

run "http_to_a_name_that_begins_like_the_own_machine" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", api_url = "http://localhost.example.com" }
  }

  expect_failures = [var.datadog]
}

run "url_with_a_path" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", logs_url = "https://http-intake.logs.datadoghq.com/api/v2/logs" }
  }

  expect_failures = [var.datadog]
}

run "site_as_a_url" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", site = "https://datadoghq.eu" }
  }

  expect_failures = [var.datadog]
}

run "site_as_the_browser_shows_it" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", site = "app.datadoghq.com" }
  }

  expect_failures = [var.datadog]
}
