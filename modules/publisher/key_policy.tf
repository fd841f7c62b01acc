# What the owner of the keys has to allow. The account and not the user is the principal, because KMS replaces the ARN of a user that
# is removed by an id which no later user has; the condition ties it to this user all the same.
locals {
  via_sns = {
    "kms:ViaService" = distinct([
      for arn in var.topic_arns :
      "sns.${split(":", arn)[3]}.${split(":", arn)[1] == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"}"
    ])
  }

  key_policy_statements = [for statement in [{
    Sid       = "PublisherEncrypts"
    Effect    = "Allow"
    Principal = { AWS = "arn:${split(":", aws_iam_user.this.arn)[1]}:iam::${split(":", aws_iam_user.this.arn)[4]}:root" }
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = "*"
    Condition = {
      ArnEquals    = { "aws:PrincipalArn" = aws_iam_user.this.arn }
      StringEquals = local.via_sns
    }
  }] : statement if length(var.kms_key_arns) > 0]
}
