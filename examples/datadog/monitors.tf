resource "datadog_monitor_json" "this" {
  for_each = local.monitors

  monitor = each.value
}
