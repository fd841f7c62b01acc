# None of them may wait for the subscription, which waits for the forwarder, which waits for the topic.

output "account" {
  description = "Name of the account."
  value       = var.account
}

output "topic_arn" {
  description = "ARN of the topic, available when its policy is in place."
  value       = module.topic.topic_arn
}

output "publisher_user_name" {
  description = "Name of the IAM user that Deep Security publishes as."
  value       = module.publisher.user_name
}
