# What a file has and no line here names would be lost silently: tests/terraform/test_datadog_example.py.
resource "datadog_monitor" "this" {
  for_each = local.monitors

  name         = each.value.name
  type         = each.value.type
  query        = each.value.query
  message      = each.value.message
  tags         = each.value.tags
  priority     = each.value.priority
  draft_status = each.value.draft_status

  include_tags        = each.value.options.include_tags
  notify_audit        = each.value.options.notify_audit
  require_full_window = each.value.options.require_full_window
  evaluation_delay    = lookup(each.value.options, "evaluation_delay", null)
  on_missing_data     = lookup(each.value.options, "on_missing_data", null)
  renotify_interval   = lookup(each.value.options, "renotify_interval", null)
  enable_logs_sample  = lookup(each.value.options, "enable_logs_sample", null)

  monitor_thresholds {
    critical = each.value.options.thresholds.critical
    warning  = lookup(each.value.options.thresholds, "warning", null)
  }
}
