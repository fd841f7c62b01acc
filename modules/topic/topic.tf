# Encrypted with the AWS managed key by default: a customer managed one costs a dollar a month and needs a policy, and only publishers in other
# accounts require it.
#trivy:ignore:AWS-0136
resource "aws_sns_topic" "this" {
  name              = var.name
  kms_master_key_id = coalesce(var.kms_key_arn, "alias/aws/sns")
  tags              = var.tags
}
