output "topic_arns" {
  description = "ARN of the topic that Deep Security publishes to, by member account."
  value       = { for member in local.members : member.account => member.topic_arn }
}

output "publisher_user_names" {
  description = "Name of the IAM user that Deep Security publishes as, by member account."
  value       = { for member in local.members : member.account => member.publisher_user_name }
}

output "deep_security_sns_configurations" {
  description = "JSON for the SNS settings of Deep Security, by member account."
  value = {
    for member in local.members : member.account => jsonencode({
      Version   = "2014-09-24"
      Statement = [{ Topic = member.topic_arn, Condition = module.forwarder.deep_security_condition }]
    })
  }
}

output "function_name" {
  description = "Name of the function."
  value       = module.forwarder.function_name
}

output "queue_url" {
  description = "URL of the queue."
  value       = module.forwarder.queue_url
}

output "queue_arn" {
  description = "ARN of the queue."
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

output "secret_arn" {
  description = "ARN of the secret for the Datadog API key. Terraform does not fill it."
  value       = aws_secretsmanager_secret.datadog_api_key.arn
}
