# Terraform does not store the key: after two rotations, Secrets Manager drops a version that Terraform wrote, and the next apply writes the old
# key again (https://github.com/hashicorp/terraform-provider-aws/issues/37302). README.md has the command that stores a key.
#
# For the reason of CKV_AWS_149 below.
#trivy:ignore:AWS-0098
resource "aws_secretsmanager_secret" "datadog_api_key" {
  #checkov:skip=CKV_AWS_149:Only this account reads the secret, so the AWS managed key will do. For a customer managed key, also set datadog.api_key_kms_key_arn.
  #checkov:skip=CKV2_AWS_57:Only Datadog issues API keys, so a rotation function cannot. The function picks up a new key by itself.

  # A prefix, because a deleted secret blocks its name until the recovery window ends.
  name_prefix             = "${local.name}-api-key-"
  description             = "Datadog API key of ${local.name}."
  recovery_window_in_days = 7
  tags                    = var.tags
}
