# What the key's owner has to allow. SNS uses the key with the publisher's permissions, never with its own.
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
locals {
  dns_suffix = local.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"
  via_sns    = { "kms:ViaService" = "sns.${split(":", aws_sns_topic.this.arn)[3]}.${local.dns_suffix}" }

  key_policy_statements = concat(
    [{
      Sid    = "PublishersEncrypt"
      Effect = "Allow"
      # The topic's account as a whole, because IAM policies decide which of its principals may publish.
      Principal = { AWS = distinct(concat(["arn:${local.partition}:iam::${local.account_id}:root"], local.publisher_arns)) }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = local.via_sns }
    }],
    var.publishers.organization_id == null ? [] : [{
      Sid       = "OrganizationEncrypts"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = merge(local.via_sns, { "aws:PrincipalOrgID" = var.publishers.organization_id }) }
    }],
  )
}
