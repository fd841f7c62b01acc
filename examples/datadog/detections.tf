resource "datadog_security_monitoring_rule_json" "this" {
  for_each = local.detections

  json = each.value
}
