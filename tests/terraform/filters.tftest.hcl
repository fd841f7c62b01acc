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

run "unknown_type" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["PayloadLog", "ActivityEvent"] }
  }

  expect_failures = [var.filter]
}

run "type_in_lower_case" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["payloadlog"] }
  }

  expect_failures = [var.filter]
}

run "type_of_the_test_notification" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["PayloadLog", "TestSNS"] }
  }

  expect_failures = [var.filter]
}

run "type_that_is_null" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["PayloadLog", null] }
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

run "pattern_that_is_null" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ Hostname = "dev-*" }, null] }
  }

  expect_failures = [var.filter]
}

run "pattern_without_a_property" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ "" = "dev-*" }] }
  }

  expect_failures = [var.filter]
}

run "pattern_with_a_blank_property" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ " " = "dev-*" }] }
  }

  expect_failures = [var.filter]
}

run "pattern_with_a_glob_for_a_property" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ "*" = "dev-*" }] }
  }

  expect_failures = [var.filter]
}

run "pattern_with_an_empty_glob" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ Hostname = "dev-*", Tags = "" }] }
  }

  expect_failures = [var.filter]
}

run "pattern_with_a_glob_that_is_null" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ Hostname = null }] }
  }

  expect_failures = [var.filter]
}

run "all_types_excluded" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ EventType = "*" }] }
  }

  expect_failures = [var.filter]
}

run "all_types_excluded_otherwise" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ EventType = "?*" }] }
  }

  expect_failures = [var.filter]
}

run "all_types_excluded_one_by_one" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ EventType = "*Event" }, { EventType = "P[a]*Log" }] }
  }

  expect_failures = [var.filter]
}

run "all_tenants_excluded" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { exclude = [{ TenantName = "*", LogDate = "**" }] }
  }

  expect_failures = [var.filter]
}

run "the_wanted_types_excluded" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["PacketLog"], exclude = [{ EventType = "Packet*" }] }
  }

  expect_failures = [var.filter]
}

run "types_without_a_rank" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["SystemEvent", "AppControlEvent"], rank_greater_than = 9, unranked_events = "drop" }
  }

  expect_failures = [var.filter]
}

run "more_severe_than_the_types_are" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["SystemEvent", "PacketLog"], minimum_severity = "critical" }
  }

  expect_failures = [var.filter]
}

run "each_type_for_another_reason" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    filter = { event_types = ["AntiMalwareEvent", "PacketLog", "PayloadLog"], rank_greater_than = 1, unranked_events = "drop", minimum_severity = "critical", exclude = [{ EventType = "Payload*" }] }
  }

  expect_failures = [var.filter]
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

run "accepted_1" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["events", "logs"]
    filter       = { event_types = null, minimum_severity = "critical" }
    logs_filter  = { event_types = ["SystemEvent"], minimum_severity = "high" }
  }
}

run "accepted_2" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["events", "logs"]
    filter       = { event_types = ["SystemEvent"], rank_greater_than = 9 }
    logs_filter  = { event_types = ["SystemEvent"], unranked_events = "drop" }
  }
}

run "accepted_3" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["events", "logs"]
    filter       = { rank_greater_than = 9, unranked_events = "drop", minimum_severity = "critical" }
    logs_filter  = { exclude = [{ EventType = "*Event" }] }
  }
}

run "accepted_4" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["events", "logs"]
    filter       = { exclude = [{ EventType = "*", Hostname = "*" }] }
    logs_filter  = { exclude = [{ EventType = "payloadlog" }, { EventType = "*[.](+|^$" }] }
  }
}

run "accepted_5" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["events", "logs"]
    filter       = { exclude = [{ "HostCloudInstanceTags.aws:autoscaling:groupName" = "dev-*" }, { TenantName = "?*" }, { Reason = "?" }] }
    logs_filter  = { exclude = [], fold_repeats = true }
  }
}

# The validations of the two have the same text (test_event_types.py), so one of each kind is enough.
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

run "logs_unknown_type" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { event_types = ["PayloadLog", "ActivityEvent"] }
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

run "logs_pattern_with_an_empty_glob" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { exclude = [{ Hostname = "dev-*", Tags = "" }] }
  }

  expect_failures = [var.logs_filter]
}

run "logs_types_without_a_rank" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    destinations = ["logs"]
    logs_filter  = { event_types = ["SystemEvent", "AppControlEvent"], rank_greater_than = 9, unranked_events = "drop" }
  }

  expect_failures = [var.logs_filter]
}
