output "topic_arn" {
  description = "ARN of the topic that Deep Security publishes to."
  value       = module.deep_security_datadog.topic_arn
}

output "publisher_user_name" {
  description = "Name of the IAM user that Deep Security publishes as."
  value       = module.deep_security_datadog.publisher_user_name
}

output "function_name" {
  description = "Name of the function."
  value       = module.deep_security_datadog.function_name
}

output "queue_url" {
  description = "URL of the queue; null with direct delivery."
  value       = module.deep_security_datadog.queue_url
}

output "queue_arn" {
  description = "ARN of the queue; null with direct delivery."
  value       = module.deep_security_datadog.queue_arn
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue."
  value       = module.deep_security_datadog.dead_letter_queue_url
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = module.deep_security_datadog.dead_letter_queue_arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = module.deep_security_datadog.log_group_name
}

output "deep_security_sns_configuration" {
  description = "JSON for the SNS settings of Deep Security."
  value       = module.deep_security_datadog.deep_security_sns_configuration
}

output "secret_arn" {
  description = "ARN of the secret for the Datadog API key. Terraform does not fill it."
  value       = aws_secretsmanager_secret.datadog_api_key.arn
}
