# What a member account gets, and the subscription of the security account's queue to its topic.

module "topic" {
  source = "../../../modules/topic"

  name            = var.name
  subscriber_arns = [var.endpoint_arn]
  tags            = var.tags
}

module "publisher" {
  source = "../../../modules/publisher"

  name       = "${var.name}-publisher"
  topic_arns = [module.topic.topic_arn]
  tags       = var.tags
}

module "subscription" {
  source    = "../../../modules/subscription"
  providers = { aws = aws.subscriber }

  topic_arn = module.topic.topic_arn
  endpoint  = var.subscription_endpoint
}
