locals {
  # arn:<partition>:sns:<region>:<account>:<name>. Read from the topic because a look-up would need a call to AWS at plan time.
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

  # Each by its name: SNS refuses a topic's policy that says sns:*.
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
    # A list for each kind, because Terraform cannot put objects of different shape into one conditional.
    Statement = concat(local.publish_statements, local.organization_statements, local.subscribe_statements, local.tls_statements)
  })

  lifecycle {
    # Here and not at the variable: which account is "another" is known only by the topic's ARN.
    precondition {
      condition     = var.kms_key_arn != null || alltrue([for arn in var.publishers.principal_arns : split(":", arn)[4] == local.account_id])
      error_message = "publishers.principal_arns names a principal of another account, which cannot use the AWS managed key alias/aws/sns. Give a customer managed key (kms_key_arn) whose policy lets it use kms:GenerateDataKey and kms:Decrypt."
    }
  }
}
