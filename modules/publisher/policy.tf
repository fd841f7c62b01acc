locals {
  # IAM refuses an empty condition.
  source_condition = length(var.source_cidrs) == 0 ? {} : {
    Condition = { IpAddress = { "aws:SourceIp" = sort(var.source_cidrs) } }
  }

  publish_statements = [merge({
    Sid      = "Publish"
    Effect   = "Allow"
    Action   = "sns:Publish"
    Resource = var.topic_arns
  }, local.source_condition)]

  # SNS encrypts with the publisher's permissions: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  key_statements = length(var.kms_key_arns) == 0 ? [] : [{
    Sid       = "EncryptForTheTopics"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = var.kms_key_arns
    Condition = { StringEquals = local.via_sns }
  }]
}

resource "aws_iam_user_policy" "this" {
  #checkov:skip=CKV_AWS_40:These are the user's only permissions, and a group would have one member.

  name = "publish"
  user = aws_iam_user.this.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.publish_statements, local.key_statements)
  })
}
