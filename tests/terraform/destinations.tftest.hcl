# The function gets the variable destinations as JSON. What is refused is in test_refusals.py.

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
    condition = jsondecode(aws_lambda_function.this.environment[0].variables.DESTINATIONS) == {
      events = {
        url  = null
        ocsf = false
        filter = {
          event_types       = null
          rank_greater_than = null
          unranked_events   = "keep"
          minimum_severity  = "info"
          exclude           = []
          fold_repeats      = false
        }
      }
    }
    error_message = "All events should go to Datadog events by default."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_SITE == "datadoghq.com"
    error_message = "The site should be datadoghq.com by default."
  }
}

run "everything_set" {
  command = plan

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", site = "us5.datadoghq.com" }
    destinations = {
      events = {
        url = "https://api.us5.datadoghq.com"
        filter = {
          event_types       = ["PayloadLog", "AntiMalwareEvent"]
          rank_greater_than = 50
          unranked_events   = "drop"
          minimum_severity  = "medium"
          exclude           = [{ EventType = "PacketLog", HostSecurityPolicyName = "Test *" }]
          fold_repeats      = true
        }
      }
      logs = { url = "https://logs.internal.example:8443", ocsf = true, filter = { minimum_severity = "low" } }
    }
  }

  assert {
    condition = jsondecode(aws_lambda_function.this.environment[0].variables.DESTINATIONS) == {
      events = {
        url  = "https://api.us5.datadoghq.com"
        ocsf = false
        filter = {
          event_types       = ["AntiMalwareEvent", "PayloadLog"]
          rank_greater_than = 50
          unranked_events   = "drop"
          minimum_severity  = "medium"
          exclude           = [{ EventType = "PacketLog", HostSecurityPolicyName = "Test *" }]
          fold_repeats      = true
        }
      }
      logs = {
        url  = "https://logs.internal.example:8443"
        ocsf = true
        filter = {
          event_types       = null
          rank_greater_than = null
          unranked_events   = "keep"
          minimum_severity  = "low"
          exclude           = []
          fold_repeats      = false
        }
      }
    }
    error_message = "The function should get each destination's URL and filter as given."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_SITE == "us5.datadoghq.com"
    error_message = "The function should get the site as given."
  }
}

run "logs_only" {
  command = plan

  variables {
    destinations = { logs = {} }
  }

  assert {
    condition     = keys(jsondecode(aws_lambda_function.this.environment[0].variables.DESTINATIONS)) == ["logs"]
    error_message = "Events should go only to the given destinations."
  }
}

run "longest_destinations" {
  command = plan

  variables {
    destinations = { events = { filter = { exclude = [{ Reason = format("%02880d", 0) }] } } }
  }

  assert {
    condition     = sum([for name, value in aws_lambda_function.this.environment[0].variables : length(name) + length(value)]) < 4096
    error_message = "The whole environment should stay within Lambda's 4 KB."
  }
}

# Strict, but some event passes each of these. Terraform does not check whether globs drop everything; `make explain` shows it.
run "highest_severity_and_globs" {
  command = plan

  variables {
    destinations = {
      events = { filter = {
        minimum_severity  = "critical"
        rank_greater_than = 9
        unranked_events   = "drop"
        exclude           = [{ "HostCloudInstanceTags.aws:autoscaling:groupName" = "dev-*" }, { Reason = "?" }, { EventType = "*[.](+|^$" }]
      } }
      logs = { filter = { minimum_severity = "high", event_types = ["SystemEvent"], exclude = [{ EventType = "*" }] } }
    }
  }
}

run "types_without_a_rank_and_http_to_localhost" {
  command = plan

  variables {
    destinations = {
      events = { url = "http://127.0.0.1:8080", filter = { event_types = ["SystemEvent"], rank_greater_than = 9 } }
      logs   = { url = "http://localhost:8080/", filter = { event_types = ["SystemEvent"], unranked_events = "drop" } }
    }
  }

  assert {
    condition     = jsondecode(aws_lambda_function.this.environment[0].variables.DESTINATIONS).events.url == "http://127.0.0.1:8080"
    error_message = "Plain http should be accepted for localhost."
  }
}
