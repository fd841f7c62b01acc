resource "aws_iam_user" "this" {
  name                 = var.name
  path                 = var.path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # The access keys are made outside Terraform to keep them out of its state; without this, they would stop a destroy.
  force_destroy = true
}
