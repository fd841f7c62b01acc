output "dashboard_url" {
  description = "Page of the dashboard."
  value       = "${local.app_url}/dashboard/${datadog_dashboard_json.this.id}"
}

output "monitor_urls" {
  description = "Pages of the monitors, by the names of their files."
  value       = { for file, monitor in datadog_monitor.this : file => "${local.app_url}/monitors/${monitor.id}" }
}

output "signals_url" {
  description = "Page of the signals of the detection rules; null without them."
  value       = length(local.detections) > 0 ? "${local.app_url}/security?query=integration%3Adeep_security" : null
}
