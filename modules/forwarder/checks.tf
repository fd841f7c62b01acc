# A warning and no refusal: Trend Micro adds types, and whoever wants a new one must not have to wait for a release of this module.
check "event_types_are_known" {
  assert {
    condition     = length(local.unknown_event_types) == 0
    error_message = "Not among the known event types: ${join(", ", local.unknown_event_types)}. If it is not a new one of Deep Security, nothing will match. Known are ${join(", ", local.known_event_types)}."
  }
}

locals {
  known_event_types = [
    "AntiMalwareEvent", "AppControlEvent", "DeviceControlEvent", "IntegrityEvent", "LogInspectionEvent",
    "PacketLog", "PayloadLog", "SystemEvent", "WebReputationEvent",
  ]

  unknown_event_types = sort(setsubtract(
    setunion(coalesce(var.filter.event_types, []), coalesce(try(var.logs_filter.event_types, null), [])),
    local.known_event_types,
  ))
}
