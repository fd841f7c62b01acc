# Other accounts cannot use the keys that AWS manages, so the topic needs one of this account.
resource "aws_kms_key" "events" {
  description         = "Encrypts the events of Deep Security in the topic and the queues of ${var.name}."
  enable_key_rotation = true
}

# Apart from the key, because the statements name what is made with it.
resource "aws_kms_key_policy" "events" {
  key_id = aws_kms_key.events.key_id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        # Without it nobody could change the policy any more: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
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
