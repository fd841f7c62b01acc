output "topic_arn" {
  description = "ARN of the topic, once its policy is in place."
  value       = aws_sns_topic.this.arn

  # Until then, SNS refuses subscriptions from other accounts.
  depends_on = [aws_sns_topic_policy.this]
}

output "topic_name" {
  description = "Name of the topic."
  value       = aws_sns_topic.this.name
}

output "key_policy_statements" {
  description = "Policy statements that the key needs so that publishers can use it; empty without a key. See docs/customer-keys.md."
  value       = [for statement in local.key_policy_statements : statement if var.kms_key_arn != null]
}
