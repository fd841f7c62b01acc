resource "aws_secretsmanager_secret" "datadog_api_key" {
  # A prefix, because the name of a removed secret is taken until its recovery window ends: without it, a destroy could not be
  # followed by an apply for a week.
  name_prefix             = "${var.name}-api-key-"
  description             = "API key with which ${var.name} sends to Datadog."
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "datadog_api_key" {
  secret_id = aws_secretsmanager_secret.datadog_api_key.id

  # Write-only: in no state and no plan file. Terraform cannot see that it changed, so the version says it.
  secret_string_wo         = var.datadog_api_key
  secret_string_wo_version = var.datadog_api_key_version
}
