# The configuration by which Deep Security itself drops what no destination wants, so that it need not travel. It may let too much
# through, the function filters again; it must not drop what a destination wants.

locals {
  known_event_types = [
    "AntiMalwareEvent", "AppControlEvent", "DeviceControlEvent", "IntegrityEvent", "LogInspectionEvent",
    "PacketLog", "PayloadLog", "SystemEvent", "WebReputationEvent",
  ]

  # Of each destination in use.
  source_filters = concat(
    contains(var.destinations, "events") ? [{
      event_types       = var.filter.event_types
      rank_greater_than = var.filter.rank_greater_than
      unranked_events   = var.filter.unranked_events
    }] : [],
    contains(var.destinations, "logs") ? [{
      event_types       = try(var.logs_filter.event_types, null)
      rank_greater_than = try(var.logs_filter.rank_greater_than, null)
      unranked_events   = try(var.logs_filter.unranked_events, "keep")
    }] : [],
  )

  # Deep Security's own way to say "everything" is a list of all types.
  source_event_types = sort(setunion([
    for filter in local.source_filters : coalesce(filter.event_types, local.known_event_types)
  ]...))

  # An event without a rank fails every condition on Rank, so there can be one only where unranked events are unwanted everywhere.
  source_rank = alltrue([for filter in local.source_filters : filter.rank_greater_than != null && filter.unranked_events == "drop"]) ? min([
    for filter in local.source_filters : filter.rank_greater_than
  ]...) : null

  deep_security_sns_configuration = {
    Version = "2014-09-24"
    Statement = [{
      Topic = one(local.publish_topic_arns)
      Condition = merge(
        { StringEquals = { EventType = local.source_event_types } },
        local.source_rank == null ? {} : { NumericGreaterThan = { Rank = local.source_rank } },
      )
    }]
  }
}
