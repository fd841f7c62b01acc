output "topic_arn" {
  description = "ARN of the topic, available when its policy is in place."
  value       = aws_sns_topic.this.arn

  # A subscription from another account is refused until the policy admits it.
  depends_on = [aws_sns_topic_policy.this]
}

output "topic_name" {
  description = "Name of the topic."
  value       = aws_sns_topic.this.name
}

output "key_policy_statements" {
  description = "Statements that the policy of kms_key_arn needs so that whoever may publish can; empty without a key. See docs/customer-keys.md."
  value       = [for statement in local.key_policy_statements : statement if var.kms_key_arn != null]
}
