# What the keys' owner has to allow. The principal is the account, because AWS replaces the ARN of a deleted user in policies with an ID that a
# new user of the same name does not have. The condition limits the statement to this user.
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
