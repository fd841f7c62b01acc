# What the validations of filter and logs_filter know of events, so that a filter that drops everything is refused at plan.

locals {
  # As the payload's table has them (tests/unit/test_event_types.py compares): whether events of the type can carry a rank, and
  # the highest severity that they can get.
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

  severities = ["info", "low", "medium", "high", "critical"]

  # What every event carries, so that the glob "*" matches all of them.
  always_present = ["EventType", "EventID", "LogDate", "Origin", "OriginString", "Tags", "TenantID", "TenantName"]
}
