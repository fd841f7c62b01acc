# Access keys are created outside Terraform, to keep them out of its state. Without force_destroy, a key that Deep Security may still use
# prevents the user's deletion. The policy is attached to the user, not to a group, for the reason of CKV_AWS_40 in policy.tf.
#trivy:ignore:AWS-0143
resource "aws_iam_user" "this" {
  #checkov:skip=CKV_AWS_273:Deep Security signs requests with an access key, which SSO identities do not have.

  name                 = var.name
  path                 = var.path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}
