output "member" {
  description = "Account name, ARN of its topic once the topic's policy is in place, and name of the IAM user that Deep Security publishes as."
  # Must not wait for the subscription, which waits for the forwarder, which waits for the topic.
  value = {
    account             = var.account
    topic_arn           = module.topic.topic_arn
    publisher_user_name = module.publisher.user_name
  }
}
