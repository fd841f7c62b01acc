resource "datadog_dashboard_json" "this" {
  dashboard = local.dashboard
}
