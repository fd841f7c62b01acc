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
