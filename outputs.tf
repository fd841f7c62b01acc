output "topic_arn" {
  description = "ARN of the topic that Deep Security publishes to, for its settings; null when several existing topics were given."
  value       = local.publish_topic_arn
}

output "publisher_user_name" {
  description = "Name of the IAM user that Deep Security publishes as, for `aws iam create-access-key --user-name`; null when none was created."
  value       = one(module.publisher[*].user_name)
}

output "deep_security_sns_configuration" {
  description = "JSON for Deep Security's SNS settings (JSON configuration) by which it publishes only types and ranks that a destination wants. minimum_severity, exclude, fold_repeats and, unless unranked events are dropped, the rank cannot be said there and stay with the function. Types that Deep Security adds later are not in it. null when several existing topics were given."
  value = local.publish_topic_arn == null ? null : jsonencode({
    Version = "2014-09-24"
    Statement = [{
      Topic     = local.publish_topic_arn
      Condition = local.deep_security_condition
    }]
  })
}

output "deep_security_condition" {
  description = "Condition for the statement of a topic in Deep Security's SNS configuration (JSON, version 2014-09-24), by which it publishes only types and ranks that a destination wants. minimum_severity, exclude, fold_repeats and, unless unranked events are dropped, the rank cannot be said there and stay with the function."
  value       = local.deep_security_condition
}

output "endpoint_arn" {
  description = "ARN of what is subscribed to the topics: the queue, or with direct delivery the function. For the topic module's subscriber_arns."
  value       = local.endpoint_arn
}

output "subscription_endpoint" {
  description = "For the subscription module's endpoint: ARNs of what is subscribed and of the dead-letter queue, available when both take in messages."
  value = {
    arn                   = local.endpoint_arn
    dead_letter_queue_arn = aws_sqs_queue.dead_letter.arn
  }

  # The same that the subscriptions made here wait for.
  depends_on = [
    aws_lambda_function_event_invoke_config.this,
    aws_lambda_permission.topic,
    aws_sqs_queue_policy.dead_letter,
    aws_sqs_queue_policy.this,
    aws_sqs_queue_redrive_policy.this,
  ]
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = aws_iam_role.this.arn
}

output "queue_url" {
  description = "URL of the queue; null with direct delivery."
  value       = one(aws_sqs_queue.this[*].url)
}

output "queue_arn" {
  description = "ARN of the queue; null with direct delivery."
  value       = one(aws_sqs_queue.this[*].arn)
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.url
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "key_policy_statements" {
  description = "Statements that the policies of the given customer managed keys need, by key: `topic`, `queue`, `log`, `api_key`; each empty without its key. See docs/customer-keys.md."
  value       = local.key_policy_statements
}
