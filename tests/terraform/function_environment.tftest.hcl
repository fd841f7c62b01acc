# The function's environment. destinations.tftest.hcl tests its size.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "default" {
  command = plan

  assert {
    condition = toset(keys(aws_lambda_function.this.environment[0].variables)) == toset([
      "DD_API_KEY_SECRET_ARN", "DD_API_KEY_SECRET_RELOAD_INTERVAL", "DD_LOG_LEVEL", "DD_SITE", "DEAD_LETTER_QUEUE_URL", "DESTINATIONS", "QUEUE_URL",
      "QUEUE_VISIBILITY_TIMEOUT",
    ])
    error_message = "Environment should have these variables by default, and none for settings without a value."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_LOG_LEVEL == "INFO" && aws_lambda_function.this.environment[0].variables.DD_API_KEY_SECRET_RELOAD_INTERVAL == "300"
    error_message = "By default, the function should log at INFO and read the API key again after five minutes."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.QUEUE_URL == "https://sqs.eu-central-1.amazonaws.com/111122223333/events" && aws_lambda_function.this.environment[0].variables.DEAD_LETTER_QUEUE_URL == "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
    error_message = "The function should know the queue for remainders and the dead-letter queue for what Datadog refuses."
  }
}

run "everything_set" {
  command = plan

  variables {
    datadog      = { api_key_ssm_parameter = "/datadog/api-key", api_key_reload_interval = 60 }
    datadog_tags = { env = "production", team = "security" }
    console_url  = "https://dsm.example.com:4119"
    queue        = { maximum_message_size = 262144 }
    function = {
      log_level   = "DEBUG"
      https_proxy = "http://proxy.example.com:3128"
      no_proxy    = ["sqs.eu-central-1.amazonaws.com", ".internal.example.com"]
      ca_bundle   = "/opt/ca-bundle.pem"
      layers      = ["arn:aws:lambda:eu-central-1:111122223333:layer:ca-bundle:1"]
    }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_TAGS == "env:production,team:security"
    error_message = "Tags should have the form key:value,key:value that Datadog users know."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.CONSOLE_URL == "https://dsm.example.com:4119" && aws_lambda_function.this.environment[0].variables.DD_LOG_LEVEL == "DEBUG" && aws_lambda_function.this.environment[0].variables.DD_API_KEY_SECRET_RELOAD_INTERVAL == "60"
    error_message = "The function should get the console's URL, the log level and the reload interval as given."
  }

  assert {
    condition = { for name in ["HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"] : name => aws_lambda_function.this.environment[0].variables[name] } == {
      HTTPS_PROXY        = "http://proxy.example.com:3128"
      NO_PROXY           = ".internal.example.com,sqs.eu-central-1.amazonaws.com"
      REQUESTS_CA_BUNDLE = "/opt/ca-bundle.pem"
      AWS_CA_BUNDLE      = "/opt/ca-bundle.pem"
    }
    error_message = "Requests to Datadog and AWS should take the proxy and trust the given authorities."
  }

  assert {
    condition     = aws_lambda_function.this.layers == tolist(["arn:aws:lambda:eu-central-1:111122223333:layer:ca-bundle:1"])
    error_message = "The layer should bring the file."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.QUEUE_MAXIMUM_MESSAGE_SIZE == "262144" && aws_sqs_queue.this[0].max_message_size == 262144 && aws_sqs_queue.dead_letter.max_message_size == 262144
    error_message = "Both queues should take messages of the given size, and the function should know it."
  }
}

run "direct_delivery" {
  command = plan

  variables {
    delivery = "direct"
  }

  assert {
    condition     = length(setintersection(keys(aws_lambda_function.this.environment[0].variables), ["QUEUE_URL", "QUEUE_VISIBILITY_TIMEOUT"])) == 0
    error_message = "With direct delivery, there should be no queue for remainders and no visibility timeout."
  }
}
