resource "datadog_security_monitoring_suppression" "this" {
  count = local.suppression != "" && length(local.detections) > 0 ? 1 : 0

  name                 = "${local.prefix}Deep Security: known scanners, balancers, maintenance and configuration management"
  enabled              = true
  rule_query           = "type:log_detection source:trend-micro-deep-security"
  data_exclusion_query = local.suppression
}
