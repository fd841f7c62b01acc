# OCSF, the Open Cybersecurity Schema Framework, in which Cloud SIEM has rules for all products alike.

locals {
  # What becomes of which events; the first row that matches counts. title: what names a finding, best first.
  # with: what of ocsf_extras it has besides.
  ocsf_rows = [
    {
      name  = "Malware", class = "finding", with = ["disposition", "malware"]
      query = "@deep_security.EventType:AntiMalwareEvent"
      title = ["deep_security.MalwareName", "deep_security.BehaviorType", "deep_security.EventType"]
    },
    {
      name  = "Intrusion prevention", class = "finding", with = ["disposition", "rule"]
      query = "@deep_security.EventType:PayloadLog"
      title = ["deep_security.Reason", "deep_security.EventType"]
    },
    {
      # A verdict on an address. For HTTP Activity the event would have to say what the request was.
      name  = "Web reputation", class = "finding", with = ["disposition"]
      query = "@deep_security.EventType:WebReputationEvent"
      title = ["deep_security.URL", "deep_security.EventType"]
    },
    {
      # No Process Activity: whether its process starts the file or was started from it, the event does not say.
      name  = "Application control", class = "finding", with = ["disposition"]
      query = "@deep_security.EventType:AppControlEvent"
      title = ["deep_security.Action", "deep_security.EventType"]
    },
    {
      name  = "Device control", class = "finding", with = ["disposition"]
      query = "@deep_security.EventType:DeviceControlEvent"
      title = ["deep_security.DeviceName", "deep_security.DeviceModel", "deep_security.EventType"]
    },
    {
      name  = "Firewall", class = "network", with = ["disposition"]
      query = "@deep_security.EventType:PacketLog @network.client.ip:*"
      title = []
    },
    {
      # The class demands who did it, and where.
      name  = "Files", class = "file", with = []
      query = "@deep_security.EventType:IntegrityEvent @deep_security.EntityType:(File OR Directory) @file.path:* (@usr.name:* OR @process.name:*) host_name:*"
      title = []
    },
    {
      # Registry, services, users, ports and so on have no class in common.
      name  = "Other changes", class = "finding", with = ["rule"]
      query = "@deep_security.EventType:IntegrityEvent"
      title = ["deep_security.Reason", "deep_security.EventType"]
    },
    {
      # One logon, or one attempt. Many attempts (authentication_failures) are a finding.
      name  = "Logons", class = "authentication", with = []
      query = "@deep_security.EventType:LogInspectionEvent @deep_security.OSSEC_Groups:(*authentication_success* OR *authentication_failed*) @usr.name:* host_name:*"
      title = []
    },
    {
      name  = "Log inspection", class = "finding", with = ["rule"]
      query = "@deep_security.EventType:LogInspectionEvent"
      title = ["deep_security.OSSEC_Description", "deep_security.Reason", "deep_security.EventType"]
    },
    {
      name  = "Alerts of the manager", class = "finding", with = []
      query = "@deep_security.EventType:SystemEvent @deep_security.Number:(190 OR 192)"
      title = ["ocsf.finding_info.title"]
    },
    {
      # The manager's other events are of too many kinds for one class. Types that Deep Security adds later come here too.
      name  = "Everything else", class = "base", with = []
      query = "source:trend-micro-deep-security"
      title = []
    },
  ]

  # What each class demands, and what the events have for it: https://schema.ocsf.io/1.5.0/classes. Of activities and of the
  # values of an enumeration, the first whose query matches counts.
  ocsf_version = "1.5.0"
  ocsf_classes = {
    finding = {
      uid = 2004, name = "Detection Finding", profiles = ["host", "security_control"]
      activities = [
        { id = 3, name = "Close", query = "@deep_security.EventType:SystemEvent @deep_security.Number:192" },
        { id = 1, name = "Create", query = "*" },
      ]
      enums = []
      fields = {
        "finding_info.uid"  = ["ocsf.metadata.uid"]
        "finding_info.desc" = ["deep_security.Description"]
        "evidences"         = ["ocsf.evidences"]
        "policy.name"       = ["deep_security.HostSecurityPolicyName"]
      }
    }
    network = {
      uid = 4001, name = "Network Activity", profiles = ["host", "security_control"]
      activities = [
        { id = 5, name = "Refuse", query = "action:deny" },
        { id = 6, name = "Traffic", query = "*" },
      ]
      enums = []
      fields = {
        "src_endpoint"       = ["ocsf_parts.src_endpoint"]
        "dst_endpoint"       = ["ocsf_parts.dst_endpoint"]
        "connection_info"    = ["ocsf_parts.connection_info"]
        "firewall_rule.name" = ["deep_security.Reason"]
        "policy.name"        = ["deep_security.HostSecurityPolicyName"]
      }
    }
    file = {
      uid = 1001, name = "File System Activity", profiles = ["host"]
      activities = [
        { id = 1, name = "Create", query = "action:created" },
        { id = 3, name = "Update", query = "action:updated" },
        { id = 4, name = "Delete", query = "action:deleted" },
        { id = 5, name = "Rename", query = "action:renamed" },
        { id = 0, name = "Unknown", query = "*" },
      ]
      enums = []
      fields = {
        "file"            = ["ocsf_parts.file"]
        "actor.user.name" = ["usr.name"]
        "actor.app_name"  = ["process.name"]
        "message"         = ["deep_security.Reason"]
      }
    }
    authentication = {
      uid        = 3002, name = "Authentication", profiles = ["host"]
      activities = [{ id = 1, name = "Logon", query = "*" }]
      enums = [{
        id = "status_id", name = "status"
        values = [
          { id = 1, name = "Success", query = "@deep_security.OSSEC_Groups:*authentication_success*" },
          { id = 2, name = "Failure", query = "*" },
        ]
      }]
      fields = {
        "user.name"             = ["usr.name"]
        "src_endpoint"          = ["ocsf_parts.src_endpoint"]
        "dst_endpoint.hostname" = ["ocsf.device.hostname"]
        "service.name"          = ["deep_security.OSSEC_ProgramName"]
        "message"               = ["deep_security.OSSEC_Description"]
      }
    }
    base = {
      uid        = 0, name = "Base Event", profiles = ["host"]
      activities = [{ id = 99, name = "Other", query = "*" }]
      enums      = []
      fields     = { "message" = ["deep_security.Title", "deep_security.Reason"] }
    }
  }

  # In every class. What a step below has made is named again: a schema processor takes only what it names.
  ocsf_fields = {
    "time"                         = ["ocsf.time"]
    "count"                        = ["deep_security.RepeatCount"]
    "metadata.product.name"        = ["ocsf.metadata.product.name"]
    "metadata.product.vendor_name" = ["ocsf.metadata.product.vendor_name"]
    "metadata.uid"                 = ["ocsf.metadata.uid"]
    "metadata.event_code"          = ["deep_security.EventType"]
    "metadata.tenant_uid"          = ["deep_security.TenantID"]
    "device.hostname"              = ["ocsf.device.hostname"]
    "device.instance_uid"          = ["deep_security.HostInstanceID"]
    "device.uid"                   = ["deep_security.HostGUID"]
  }
  ocsf_formats = { "time" = "integer", "count" = "integer", "metadata.tenant_uid" = "string" }

  ocsf_enums = [
    {
      id = "severity_id", name = "severity"
      values = [
        { id = 5, name = "Critical", query = "severity:critical" },
        { id = 4, name = "High", query = "severity:high" },
        { id = 3, name = "Medium", query = "severity:medium" },
        { id = 2, name = "Low", query = "severity:low" },
        { id = 1, name = "Informational", query = "*" },
      ]
    },
    {
      id     = "device.type_id", name = "device.type"
      values = [{ id = 0, name = "Unknown", query = "host_name:* OR @deep_security.HostGUID:*" }]
    },
  ]

  ocsf_extras = {
    disposition = {
      fields = {}
      enums = [{
        id = "disposition_id", name = "disposition"
        values = [
          { id = 15, name = "Detected", query = "detect_only:true" },
          { id = 2, name = "Blocked", query = "action:(deny OR block OR blocked OR read_only OR access_denied OR terminated)" },
          { id = 21, name = "Reset", query = "action:reset" },
          { id = 3, name = "Quarantined", query = "action:quarantined" },
          { id = 5, name = "Deleted", query = "action:deleted" },
          { id = 11, name = "Corrected", query = "action:cleaned" },
          { id = 13, name = "Uncorrected", query = "@deep_security.EventType:AntiMalwareEvent" },
          { id = 17, name = "Logged", query = "action:log_only" },
          { id = 1, name = "Allowed", query = "action:allowed" },
          { id = 7, name = "Custom Action", query = "action:(insert OR delete OR replace)" },
          { id = 0, name = "Unknown", query = "*" },
        ]
      }]
    }
    malware = {
      fields = { "malware" = ["ocsf.malware"] }
      enums  = []
    }
    rule = {
      fields = { "finding_info.analytic.name" = ["deep_security.Reason"] }
      enums = [{
        id     = "finding_info.analytic.type_id", name = "finding_info.analytic.type"
        values = [{ id = 1, name = "Rule", query = "@deep_security.Reason:*" }]
      }]
    }
  }

  # The rows with all that belongs to them.
  ocsf = [
    for row in local.ocsf_rows : {
      name  = "OCSF ${local.ocsf_classes[row.class].name}: ${row.name}"
      query = "(${row.query}) -@ocsf.class_uid:*"
      class = local.ocsf_classes[row.class]
      fields = merge(
        local.ocsf_fields,
        local.ocsf_classes[row.class].fields,
        { for target in ["finding_info.title"] : target => row.title if length(row.title) > 0 },
        [for extra in row.with : local.ocsf_extras[extra].fields]...
      )
      enums = concat(
        local.ocsf_enums,
        local.ocsf_classes[row.class].enums,
        [{ id = "activity_id", name = "activity_name", values = local.ocsf_classes[row.class].activities }],
        [{
          id = "type_uid", name = "type_name"
          values = [
            for activity in local.ocsf_classes[row.class].activities : {
              id    = local.ocsf_classes[row.class].uid * 100 + activity.id
              name  = "${local.ocsf_classes[row.class].name}: ${activity.name}"
              query = activity.query
            }
          ]
        }],
        [for extra in row.with : local.ocsf_extras[extra].enums]...
      )
    }
  ]

  # What has to be there before; pipeline.tf says what a step can do. ocsf_parts becomes the evidence of a finding.
  ocsf_steps = [
    {
      name = "OCSF: event and host", query = "*"
      texts = {
        "ocsf.metadata.product.name"        = "Deep Security"
        "ocsf.metadata.product.vendor_name" = "Trend Micro"
        "ocsf.metadata.uid"                 = "%%{deep_security.TenantID}-%%{deep_security.EventType}-%%{deep_security.EventID}"
      }
      patterns = { "deep_security.LogDate" = "time %%{date(\"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\"):ocsf.time}" }
      tags     = { "ocsf.device.hostname" = "host_name" }
      copies   = { "ocsf.time" = ["timestamp"] }
    },
    {
      # The tag has the alert's name; the title is always that an alert has started or ended.
      name   = "OCSF: alert of the manager", query = "@deep_security.EventType:SystemEvent @deep_security.Number:(190 OR 192)"
      tags   = { "ocsf.finding_info.title" = "finding" }
      copies = { "ocsf.finding_info.title" = ["deep_security.Title", "deep_security.EventType"] }
    },
    {
      name     = "OCSF: file", query = "@file.path:*"
      patterns = { "file.path" = "name .*[/\\\\]%%{regex(\"[^/\\\\\\\\]+\"):ocsf_parts.file.name}" }
      copies   = { "ocsf_parts.file.path" = ["file.path"], "ocsf_parts.file.name" = ["file.path"] }
      numbers = {
        "ocsf_parts.file.type_id" = [
          { name = "2", query = "@deep_security.EntityType:Directory" },
          { name = "1", query = "*" },
        ]
      }
    },
    {
      name   = "OCSF: hash of the file", query = "@file.path:* (@file.hash.sha256:* OR @file.hash.sha1:* OR @file.hash.md5:*)"
      copies = { "ocsf_hash.value" = ["file.hash.sha256", "file.hash.sha1", "file.hash.md5"] }
      numbers = {
        "ocsf_hash.algorithm_id" = [
          { name = "3", query = "@file.hash.sha256:*" },
          { name = "2", query = "@file.hash.sha1:*" },
          { name = "1", query = "*" },
        ]
      }
      appends = [{ source = "ocsf_hash", target = "ocsf_parts.file.hashes" }]
    },
    {
      name   = "OCSF: malware", query = "@deep_security.MalwareName:*"
      copies = { "ocsf_malware.name" = ["deep_security.MalwareName"] }
      numbers = {
        "ocsf_kind" = [
          { name = "18", query = "@deep_security.MajorVirusType:1" },
          { name = "19", query = "@deep_security.MajorVirusType:2" },
          { name = "17", query = "@deep_security.MajorVirusType:4" },
          { name = "99", query = "@deep_security.MajorVirusType:(0 OR 3 OR 5 OR 7)" },
          { name = "0", query = "*" },
        ]
      }
      appends = [
        { source = "ocsf_kind", target = "ocsf_malware.classification_ids" },
        { source = "ocsf_malware", target = "ocsf.malware" },
      ]
    },
    {
      name   = "OCSF: connection", query = "@deep_security.Direction:*"
      copies = { "ocsf_parts.connection_info.protocol_name" = ["deep_security.ProtocolString"] }
      numbers = {
        "ocsf_parts.connection_info.direction_id" = [
          { name = "1", query = "@deep_security.Direction:0" },
          { name = "2", query = "@deep_security.Direction:1" },
          { name = "0", query = "*" },
        ]
      }
    },
    {
      name   = "OCSF: source", query = "@network.client.ip:*"
      copies = { "ocsf_parts.src_endpoint.ip" = ["network.client.ip"], "ocsf_parts.src_endpoint.port" = ["network.client.port"] }
    },
    {
      name   = "OCSF: destination", query = "@network.destination.ip:*"
      copies = { "ocsf_parts.dst_endpoint.ip" = ["network.destination.ip"], "ocsf_parts.dst_endpoint.port" = ["network.destination.port"] }
    },
    {
      name   = "OCSF: process", query = "@deep_security.ProcessID:*"
      copies = { "ocsf_parts.process.pid" = ["deep_security.ProcessID"], "ocsf_parts.process.name" = ["deep_security.ProcessName"] }
    },
    {
      name   = "OCSF: user and URL", query = "*"
      copies = { "ocsf_parts.user.name" = ["usr.name"], "ocsf_parts.url.url_string" = ["http.url"] }
    },
  ]
}
