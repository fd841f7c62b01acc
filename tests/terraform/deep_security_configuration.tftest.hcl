# The JSON to paste into Deep Security. It may let too much through, never too little.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "no_filter" {
  command = plan

  assert {
    condition = jsondecode(output.deep_security_sns_configuration) == {
      Version = "2014-09-24"
      Statement = [{
        Topic = "arn:aws:sns:eu-central-1:111122223333:created"
        Condition = {
          StringEquals = {
            EventType = [
              "AntiMalwareEvent", "AppControlEvent", "DeviceControlEvent", "IntegrityEvent", "LogInspectionEvent",
              "PacketLog", "PayloadLog", "SystemEvent", "WebReputationEvent",
            ]
          }
        }
      }]
    }
    error_message = "Deep Security should publish all types without a filter."
  }
}

run "types" {
  command = plan

  variables {
    destinations = { events = { filter = { event_types = ["PayloadLog", "AntiMalwareEvent"] } } }
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Condition == { StringEquals = { EventType = ["AntiMalwareEvent", "PayloadLog"] } }
    error_message = "Deep Security should publish only the types of the filter."
  }
}

run "rank_with_unranked_events_kept" {
  command = plan

  variables {
    destinations = { events = { filter = { rank_greater_than = 50 } } }
  }

  assert {
    condition     = keys(output.deep_security_condition) == ["StringEquals"]
    error_message = "There should be no condition on Rank, which would drop events without a rank."
  }
}

run "rank_with_unranked_events_dropped" {
  command = plan

  variables {
    destinations = { events = { filter = { rank_greater_than = 50, unranked_events = "drop" } } }
  }

  assert {
    condition     = output.deep_security_condition.NumericGreaterThan == { Rank = 50 }
    error_message = "Deep Security should publish ranks strictly greater than the filter's."
  }
}

run "unranked_events_dropped_without_a_rank" {
  command = plan

  variables {
    destinations = { events = { filter = { unranked_events = "drop" } } }
  }

  assert {
    condition     = keys(output.deep_security_condition) == ["StringEquals"]
    error_message = "There should be no condition on Rank without rank_greater_than."
  }
}

run "one_destination_without_a_filter" {
  command = plan

  variables {
    destinations = {
      events = { filter = { event_types = ["PayloadLog"], rank_greater_than = 50, unranked_events = "drop" } }
      logs   = {}
    }
  }

  assert {
    condition     = length(output.deep_security_condition.StringEquals.EventType) == 9 && keys(output.deep_security_condition) == ["StringEquals"]
    error_message = "Deep Security should publish all types and ranks if one destination accepts them."
  }
}

run "both_destinations_filtered" {
  command = plan

  variables {
    destinations = {
      events = { filter = { event_types = ["PayloadLog"], rank_greater_than = 50, unranked_events = "drop" } }
      logs   = { filter = { event_types = ["PacketLog", "PayloadLog"], rank_greater_than = 9, unranked_events = "drop" } }
    }
  }

  assert {
    condition = jsondecode(jsonencode(output.deep_security_condition)) == {
      StringEquals       = { EventType = ["PacketLog", "PayloadLog"] }
      NumericGreaterThan = { Rank = 9 }
    }
    error_message = "Deep Security should publish the types of both destinations above the lower rank."
  }
}
