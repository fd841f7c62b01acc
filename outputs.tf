output "topic_arn" {
  description = "ARN of the topic that Deep Security publishes to; null with several existing topics."
  value       = local.publish_topic_arn
}

output "publisher_user_name" {
  description = "Name of the IAM user that Deep Security publishes as; null if none was created."
  value       = one(module.publisher[*].user_name)
}

output "deep_security_sns_configuration" {
  description = "JSON for the SNS settings of Deep Security, which then publishes only types and ranks that some destination accepts. The function applies the filter options that this JSON cannot express: minimum_severity, exclude, fold_repeats and, unless unranked events are dropped, rank_greater_than. Types that Deep Security adds later are not included. null with several existing topics."
  value = local.publish_topic_arn == null ? null : jsonencode({
    Version = "2014-09-24"
    Statement = [{
      Topic     = local.publish_topic_arn
      Condition = local.deep_security_condition
    }]
  })
}

output "deep_security_condition" {
  description = "Condition of a topic's statement in the JSON for the SNS settings of Deep Security (version 2014-09-24), as in deep_security_sns_configuration."
  value       = local.deep_security_condition
}

output "endpoint_arn" {
  description = "ARN of what subscribes to the topics: the queue, or with direct delivery, the function. For `subscriber_arns` of the topic module."
  value       = local.endpoint_arn
}

output "subscription_endpoint" {
  description = "For `endpoint` of the subscription module: ARNs of what subscribes and of the dead-letter queue, once both accept messages."
  value = {
    arn                   = local.endpoint_arn
    dead_letter_queue_arn = aws_sqs_queue.dead_letter.arn
  }

  # As for the subscriptions in this module.
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
  description = "Policy statements for your customer managed keys, by key: `topic`, `queue`, `log`, `api_key`; empty without that key. See docs/customer-keys.md."
  value       = local.key_policy_statements
}
