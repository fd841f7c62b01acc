# Terraform does not store the key: a version that it writes is forgotten after two rotations and written anew by the next apply, which puts
# the old key back (https://github.com/hashicorp/terraform-provider-aws/issues/37302). README.md has the command that stores one.
#
# The reason of CKV_AWS_149 below.
#trivy:ignore:AWS-0098
resource "aws_secretsmanager_secret" "datadog_api_key" {
  #checkov:skip=CKV_AWS_149:Only this account reads the secret, so the AWS managed key will do. For a customer managed key, also set datadog.api_key_kms_key_arn.
  #checkov:skip=CKV2_AWS_57:API keys are issued by Datadog, which a rotation function cannot do. The function picks up a new key by itself.

  # A prefix, because a deleted secret blocks its name until the recovery window ends.
  name_prefix             = "${local.name}-api-key-"
  description             = "Datadog API key of ${local.name}."
  recovery_window_in_days = 7
  tags                    = var.tags
}
