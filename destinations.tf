# What validations of destinations need to know about events.

locals {
  destination_names = ["events", "logs"]
  severities        = ["info", "low", "medium", "high", "critical"]

  # Whether events of a type can have a rank, and their highest severity.
  # tests/payload/deep_security/test_event_types.py compares this with the samples and docs/events.md.
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

  # By severity, the types that reach it.
  event_types_reaching = {
    for level, severity in local.severities : severity => [
      for name, type in local.event_types : name if index(local.severities, type.highest_severity) >= level
    ]
  }

  # The API key travels in a header, so plain http is for localhost only.
  base_url_pattern = "^(https://[A-Za-z0-9.-]+|https?://(localhost|127\\.0\\.0\\.1))(:[0-9]+)?/?$"
  # Only values are globs.
  property_pattern = "^[^*?]*[^*?\\s][^*?]*$"
}
