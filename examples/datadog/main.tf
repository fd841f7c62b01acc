# What is sent to Datadog: the JSON files as they are, but for what the variables change. dashboard.tf, monitors.tf,
# detections.tf and pipeline.tf send it.

locals {
  events = contains(var.destinations, "events")
  logs   = contains(var.destinations, "logs")

  api_url = "https://api.${var.site}"
  # datadoghq.eu is at app.datadoghq.eu, us5.datadoghq.com at itself.
  app_url = "https://${length(split(".", var.site)) == 2 ? "app." : ""}${var.site}"

  # As Datadog stores tags; its API for pipelines refuses others.
  tags = distinct([
    for key, value in var.tags :
    trim(replace(replace(lower("${key}:${value}"), "/[^\\p{L}\\p{Nd}:.\\/-]+/", "_"), "/^[^\\p{L}:]+/", ""), "_")
  ])
  # Datadog refuses a monitor that equals another, and two dashboards of one title confuse.
  prefix = var.name == "deep-security-datadog" ? "" : "${var.name}: "

  queue = "queuename:deep-security-datadog"
  # As Datadog stores what AWS sends.
  own_queue = "queuename:${replace(lower(var.name), "/_+/", "_")}"
}

locals {
  board    = jsondecode(replace(file("${path.module}/dashboard.json"), local.queue, local.own_queue))
  left_out = concat(local.events ? [] : ["Events"], local.logs ? [] : ["Logs"])
  groups   = [for group in local.board.widgets : group if !contains(local.left_out, group.definition.title)]
  team     = [for tag in local.tags : tag if startswith(tag, "team:")]

  # Datadog answers with an empty notify_list, and without tags where there are none: anything else is a difference at the next plan.
  dashboard = jsonencode(merge(local.board, length(local.team) > 0 ? { tags = local.team } : {}, {
    title       = "${local.prefix}${local.board.title}"
    notify_list = []
    widgets = [
      # Each below the ones before it.
      for place, group in local.groups : merge(group, {
        layout = merge(group.layout, { y = sum(concat([0], slice(local.groups, 0, place)[*].layout.height)) })
      })
    ]
  }))
}

locals {
  monitor_files = {
    for file in fileset("${path.module}/monitors", "*.json") :
    trimsuffix(file, ".json") => jsondecode(replace(file("${path.module}/monitors/${file}"), local.queue, local.own_queue))
    # One incident notifies once: where the rules watch logs, monitors watch the forwarder only.
    if contains(["dead-letter-queue.json", "nothing-received.json"], file) || !(var.cloud_siem && local.logs)
  }

  monitors = {
    for file, monitor in local.monitor_files : file => merge(monitor, {
      name    = "${local.prefix}${monitor.name}"
      tags    = concat(monitor.tags, local.tags)
      message = "${local.events ? monitor.message : replace(monitor.message, "{{event.title}}", "{{log.message}}")}\n\n${join(" ", var.notify)}"
      # Without events, the same search in logs.
      type  = local.events ? monitor.type : replace(monitor.type, "event-v2", "log")
      query = local.events ? monitor.query : replace(monitor.query, "/^events\\((.*?)\\)\\.rollup/", "logs($1).index(\"*\").rollup")
      # Only a log monitor takes it, and its message shows a log.
      options = merge(monitor.options, local.events || monitor.type == "metric alert" ? {} : { enable_logs_sample = true })
    })
  }
}

locals {
  detection_files = {
    for file in fileset("${path.module}/detections", "*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${path.module}/detections/${file}"))
    if var.cloud_siem
  }

  detections = {
    for file, rule in local.detection_files : file => merge(rule, {
      name    = "${local.prefix}${rule.name}"
      tags    = concat(rule.tags, local.tags)
      message = replace(replace(rule.message, "https://app.datadoghq.com", local.app_url), "/logs?", local.logs ? "/logs?" : "/event/explorer?")
      queries = [for query in rule.queries : merge(query, { dataSource = local.logs ? "logs" : "events" })]
      options = merge(rule.options, {
        for key, options in rule.options : key => merge(options, { defaultNotifications = var.notify }) if key == "thirdPartyRuleOptions"
      })
      }, {
      for key, cases in rule : key => [for case in cases : merge(case, { notifications = local.urgent[case.status] ? var.notify : [] })]
      if contains(["cases", "thirdPartyCases"], key)
    })
    # Attributes such as @network.client.ip are in logs only, and what others found is looked for there only.
    if local.logs || !strcontains(jsonencode([rule.queries, rule.options]), "@") && rule.options.detectionMethod != "third_party"
  }

  urgent = { critical = true, high = true, medium = true, low = false, info = false }

  # What no rule looks at. Logs by attributes, as a host's own tags could hide its events; events have only tags.
  suppressed = {
    scanners       = "@network.client.ip:(%s)"
    load_balancers = "(@deep_security.EventType:(PacketLog OR PayloadLog) @deep_security.Action:(1 OR 2 OR 3 OR 4 OR 5) @network.client.ip:(%s))"
    host_tags      = local.logs ? "(@deep_security.EventType:(IntegrityEvent OR SystemEvent OR AppControlEvent) (%s))" : "(event_type:systemevent (%s))"
    processes      = "(@deep_security.EventType:IntegrityEvent @process.name:(%s))"
  }
  suppression = join(" OR ", [
    for key in ["scanners", "load_balancers", "host_tags", "processes"] :
    format(local.suppressed[key], join(" OR ", var.suppress[key])) if length(var.suppress[key]) > 0
  ])
}
