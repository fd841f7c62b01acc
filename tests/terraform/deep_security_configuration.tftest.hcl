# The JSON to paste into Deep Security. It may let too much through, never too little.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "everything" {
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
    error_message = "Without a filter all types are published."
  }
}

run "some_types" {
  command = plan

  variables {
    filter = { event_types = ["PayloadLog", "AntiMalwareEvent"] }
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Condition == { StringEquals = { EventType = ["AntiMalwareEvent", "PayloadLog"] } }
    error_message = "Only the types of the filter are published."
  }
}

run "rank_with_unranked_events_kept" {
  command = plan

  variables {
    filter = { rank_greater_than = 50 }
  }

  assert {
    condition     = keys(jsondecode(output.deep_security_sns_configuration).Statement[0].Condition) == ["StringEquals"]
    error_message = "A condition on Rank would drop events without a rank, which are wanted."
  }
}

run "rank_with_unranked_events_dropped" {
  command = plan

  variables {
    filter = { rank_greater_than = 50, unranked_events = "drop" }
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Condition.NumericGreaterThan == { Rank = 50 }
    error_message = "Strictly greater, as the filter is."
  }
}

run "unranked_events_dropped_without_a_rank" {
  command = plan

  variables {
    filter = { unranked_events = "drop" }
  }

  assert {
    condition     = keys(jsondecode(output.deep_security_sns_configuration).Statement[0].Condition) == ["StringEquals"]
    error_message = "Any rank is wanted, so there is nothing to compare with."
  }
}

run "logs_want_everything" {
  command = plan

  variables {
    destinations = ["events", "logs"]
    filter       = { event_types = ["PayloadLog"], rank_greater_than = 50, unranked_events = "drop" }
  }

  assert {
    condition     = length(jsondecode(output.deep_security_sns_configuration).Statement[0].Condition.StringEquals.EventType) == 9
    error_message = "What the events leave out, the logs want."
  }

  assert {
    condition     = keys(jsondecode(output.deep_security_sns_configuration).Statement[0].Condition) == ["StringEquals"]
    error_message = "The logs want any rank."
  }
}

run "both_destinations_filtered" {
  command = plan

  variables {
    destinations = ["events", "logs"]
    filter       = { event_types = ["PayloadLog"], rank_greater_than = 50, unranked_events = "drop" }
    logs_filter  = { event_types = ["PacketLog", "PayloadLog"], rank_greater_than = 9, unranked_events = "drop" }
  }

  assert {
    condition = jsondecode(output.deep_security_sns_configuration).Statement[0].Condition == {
      StringEquals       = { EventType = ["PacketLog", "PayloadLog"] }
      NumericGreaterThan = { Rank = 9 }
    }
    error_message = "The types of both and the lower of the ranks."
  }
}

run "logs_only" {
  command = plan

  variables {
    destinations = ["logs"]
    filter       = { event_types = ["AntiMalwareEvent"] }
    logs_filter  = { event_types = ["PacketLog"] }
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Condition.StringEquals.EventType == ["PacketLog"]
    error_message = "The filter of a destination that is not used wants nothing."
  }
}
