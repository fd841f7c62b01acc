output "topic_arn" {
  description = "ARN of the topic that Deep Security publishes to, for its settings; null when several existing topics were given."
  value       = local.publish_topic_arn
}

output "publisher_user_name" {
  description = "Name of the IAM user that Deep Security publishes as, for `aws iam create-access-key --user-name`; null when none was created."
  value       = one(module.publisher[*].user_name)
}

output "function_name" {
  description = "Name of the function."
  value       = module.forwarder.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = module.forwarder.function_arn
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.forwarder.role_arn
}

output "queue_url" {
  description = "URL of the queue; null with direct delivery."
  value       = module.forwarder.queue_url
}

output "queue_arn" {
  description = "ARN of the queue; null with direct delivery."
  value       = module.forwarder.queue_arn
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue."
  value       = module.forwarder.dead_letter_queue_url
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = module.forwarder.dead_letter_queue_arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = module.forwarder.log_group_name
}

output "deep_security_sns_configuration" {
  description = "JSON for Deep Security's SNS settings (JSON configuration) by which it publishes only types and ranks that a destination wants. minimum_severity, exclude, fold_repeats and, unless unranked events are dropped, the rank cannot be said there and stay with the function. Types that Deep Security adds later are not in it. null when several existing topics were given."
  value = local.publish_topic_arn == null ? null : jsonencode({
    Version = "2014-09-24"
    Statement = [{
      Topic     = local.publish_topic_arn
      Condition = module.forwarder.deep_security_condition
    }]
  })
}

output "key_policy_statements" {
  description = "Statements that the policies of the given customer managed keys need, by key: `topic`, `queue`, `log`, `api_key`; each empty without its key. See docs/customer-keys.md."
  value       = merge({ topic = local.topic_key_policy_statements }, module.forwarder.key_policy_statements)
}
