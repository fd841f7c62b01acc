locals {
  # arn:<partition>:sns:<region>:<account>:<name>. Read from the topic, because a data source would call AWS at plan.
  partition  = split(":", aws_sns_topic.this.arn)[1]
  account_id = split(":", aws_sns_topic.this.arn)[4]

  publisher_arns = concat(
    sort(var.publishers.principal_arns),
    [for id in sort(var.publishers.account_ids) : "arn:${local.partition}:iam::${id}:root"],
  )

  publish_statements = length(local.publisher_arns) == 0 ? [] : [{
    Sid       = "ListedPublishers"
    Effect    = "Allow"
    Principal = { AWS = local.publisher_arns }
    Action    = "sns:Publish"
    Resource  = aws_sns_topic.this.arn
  }]

  organization_statements = var.publishers.organization_id == null ? [] : [{
    Sid       = "OrganizationPublishes"
    Effect    = "Allow"
    Principal = { AWS = "*" }
    Action    = "sns:Publish"
    Resource  = aws_sns_topic.this.arn
    Condition = { StringEquals = { "aws:PrincipalOrgID" = var.publishers.organization_id } }
  }]

  subscribe_statements = [for index, arn in var.subscriber_arns : {
    Sid       = "Subscriber${index}"
    Effect    = "Allow"
    Principal = { AWS = "arn:${local.partition}:iam::${split(":", arn)[4]}:root" }
    Action    = "sns:Subscribe"
    Resource  = aws_sns_topic.this.arn
    Condition = {
      StringEquals = {
        "SNS:Protocol" = split(":", arn)[2]
        "SNS:Endpoint" = arn
      }
    }
  }]

  # One by one, because SNS refuses sns:* in a topic's policy.
  # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
  policy_actions = [
    "sns:AddPermission",
    "sns:DeleteTopic",
    "sns:GetDataProtectionPolicy",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sns:ListTagsForResource",
    "sns:Publish",
    "sns:PutDataProtectionPolicy",
    "sns:RemovePermission",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
  ]

  tls_statements = [{
    Sid       = "OnlyOverTls"
    Effect    = "Deny"
    Principal = { AWS = "*" }
    Action    = local.policy_actions
    Resource  = aws_sns_topic.this.arn
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }]
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    # One list each, because the branches of a conditional must have the same type.
    Statement = concat(local.publish_statements, local.organization_statements, local.subscribe_statements, local.tls_statements)
  })

  lifecycle {
    # Not in the variable's validation, because only the topic's ARN tells which account is its own.
    precondition {
      condition     = var.kms_key_arn != null || alltrue([for arn in var.publishers.principal_arns : split(":", arn)[4] == local.account_id])
      error_message = "publishers.principal_arns has a principal of another account, which cannot use the AWS managed key alias/aws/sns. Set kms_key_arn to a customer managed key, and add the output key_policy_statements to its policy."
    }
  }
}
