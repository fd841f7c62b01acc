# Access keys are created outside Terraform, to keep them out of its state. Without force_destroy, a key that Deep Security may still use
# prevents the user's deletion.
resource "aws_iam_user" "this" {
  #checkov:skip=CKV_AWS_273:Deep Security signs requests with an access key, which SSO identities do not have.

  name                 = var.name
  path                 = var.path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}
