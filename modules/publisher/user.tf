# The access keys are made outside Terraform, to keep them out of its state. Without force_destroy, a key that Deep Security may
# still use stops the removal of the user.
resource "aws_iam_user" "this" {
  name                 = var.name
  path                 = var.path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}
