resource "aws_secretsmanager_secret" "datadog_api_key" {
  #checkov:skip=CKV_AWS_149:Nobody outside the account reads it, so the AWS managed key serves. With a customer managed one, give the module its ARN as datadog.api_key_kms_key_arn.
  #checkov:skip=CKV2_AWS_57:The key is made in Datadog, which no rotation function of AWS can do. The function picks a new value up by itself.

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
