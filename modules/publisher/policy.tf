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

locals {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.publish_statements, local.key_statements)
  })
}

# A managed policy may have three times the 2,048 characters of a user's inline policies, and so three times as many topics and ranges.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
resource "aws_iam_policy" "this" {
  name        = var.name
  path        = var.path
  description = "Lets the user ${var.name} publish Deep Security events."
  policy      = local.policy
  tags        = var.tags

  lifecycle {
    precondition {
      condition     = length(local.policy) <= 6144
      error_message = "The user's policy has ${length(local.policy)} characters; IAM allows 6144. It lists ${length(var.topic_arns)} topics and ${length(var.source_cidrs)} source_cidrs: merge the ranges into larger ones, or split the topics between two users."
    }
  }
}

resource "aws_iam_user_policy_attachment" "this" {
  #checkov:skip=CKV_AWS_40:These are the user's only permissions, and a group would have one member.

  user       = aws_iam_user.this.name
  policy_arn = aws_iam_policy.this.arn

  # IAM does not delete a user with a policy, so the attachment is replaced with the user.
  lifecycle {
    replace_triggered_by = [aws_iam_user.this.arn]
  }
}
