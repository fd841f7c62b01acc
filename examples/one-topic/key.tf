# Other accounts cannot use AWS managed keys, so the topic needs a customer managed one.
resource "aws_kms_key" "events" {
  description         = "Encrypts Deep Security events in the topic and queues of ${local.name}."
  enable_key_rotation = true
  tags                = var.tags
}

# A separate resource, because its statements name resources that use the key.
resource "aws_kms_key_policy" "events" {
  key_id = aws_kms_key.events.key_id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        # Without it, nobody could change the policy again: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
        Sid       = "AccountAdministers"
        Effect    = "Allow"
        Principal = { AWS = "arn:${split(":", aws_kms_key.events.arn)[1]}:iam::${split(":", aws_kms_key.events.arn)[4]}:root" }
        Action    = "kms:*"
        Resource  = "*"
      }],
      flatten(values(module.deep_security_datadog.key_policy_statements)),
    )
  })
}
