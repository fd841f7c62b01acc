# OCSF, the Open Cybersecurity Schema Framework, in which Cloud SIEM has rules for all products alike. The function makes the
# event; here is what Datadog has to know of each class that it sends.

locals {
  ocsf_version    = "1.5.0"
  ocsf_severities = { 1 = "Informational", 2 = "Low", 3 = "Medium", 4 = "High", 5 = "Critical" }

  # Without Base Event, of which no rule asks for anything: its logs keep their `ocsf` as it was sent.
  # required: what the class demands besides what all do.
  ocsf_classes = {
    "Detection Finding" = {
      uid        = 2004, profiles = ["host", "security_control"], required = ["finding_info"]
      activities = { 1 = "Create", 2 = "Update", 3 = "Close" }
    }
    "Network Activity" = {
      uid        = 4001, profiles = ["host", "security_control"], required = []
      activities = { 5 = "Refuse", 6 = "Traffic" }
    }
    "File System Activity" = {
      uid        = 1001, profiles = ["host"], required = ["actor", "device", "file"]
      activities = { 0 = "Unknown", 1 = "Create", 3 = "Update", 4 = "Delete", 5 = "Rename" }
    }
    "Authentication" = {
      uid        = 3002, profiles = ["host"], required = ["user"]
      activities = { 1 = "Logon" }
    }
  }

  # By class, what its schema processor maps, each to itself: attributes, and numbers with their captions.
  ocsf = {
    for name, class in local.ocsf_classes : name => merge(class, {
      attributes = concat(["metadata", "time"], class.required)
      enums = [
        { id = "activity_id", name = "activity_name", values = class.activities },
        { id = "severity_id", name = "severity", values = local.ocsf_severities },
        {
          id     = "type_uid", name = "type_name"
          values = { for id, activity in class.activities : class.uid * 100 + id => "${name}: ${activity}" }
        },
      ]
    })
    if var.cloud_siem
  }
}
