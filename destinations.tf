# What the validations of destinations know of events.

locals {
  destination_names = ["events", "logs"]
  severities        = ["info", "low", "medium", "high", "critical"]

  # As in the payload's table (tests/payload/test_event_types.py compares): whether events of the type can carry a rank, and the highest
  # severity that they can get.
  event_types = {
    AntiMalwareEvent   = { ranked = false, highest_severity = "critical" }
    AppControlEvent    = { ranked = false, highest_severity = "medium" }
    DeviceControlEvent = { ranked = true, highest_severity = "medium" }
    IntegrityEvent     = { ranked = true, highest_severity = "critical" }
    LogInspectionEvent = { ranked = true, highest_severity = "critical" }
    PacketLog          = { ranked = true, highest_severity = "high" }
    PayloadLog         = { ranked = true, highest_severity = "critical" }
    SystemEvent        = { ranked = false, highest_severity = "high" }
    WebReputationEvent = { ranked = true, highest_severity = "critical" }
  }

  event_type_names   = keys(local.event_types)
  ranked_event_types = [for name, type in local.event_types : name if type.ranked]

  # By severity, the types that can get at least as severe.
  event_types_reaching = {
    for level, severity in local.severities : severity => [
      for name, type in local.event_types : name if index(local.severities, type.highest_severity) >= level
    ]
  }

  # The API key travels in a header, so plain http stays on the machine.
  base_url_pattern = "^(https://[A-Za-z0-9.-]+|https?://(localhost|127\\.0\\.0\\.1))(:[0-9]+)?/?$"
  # Only values are globs.
  property_pattern = "^[^*?]*[^*?\\s][^*?]*$"
}
