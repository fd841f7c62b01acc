# The access keys are made outside Terraform, to keep them out of its state. Without force_destroy, a key that Deep Security may
# still use stops the removal of the user.
resource "aws_iam_user" "this" {
  #checkov:skip=CKV_AWS_273:Deep Security signs with an access key, which no SSO identity has.

  name                 = var.name
  path                 = var.path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}
