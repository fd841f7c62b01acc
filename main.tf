# Submodules and shared names. The forwarder has a file per concern: function.tf, queue.tf, dead_letter_queue.tf, invocation.tf,
# subscriptions.tf, sns_principals.tf, iam.tf, log_group.tf, alarms.tf, key_policy.tf, destinations.tf, deep_security.tf, limits.tf.

module "topic" {
  source = "./modules/topic"
  count  = var.topic.create ? 1 : 0

  name            = var.name
  kms_key_arn     = var.topic.kms_key_arn
  subscriber_arns = [local.endpoint_arn]
  tags            = var.tags

  publishers = {
    principal_arns  = var.publishers.principal_arns
    account_ids     = var.publishers.account_ids
    organization_id = var.publishers.organization_id
  }
}

module "publisher" {
  source = "./modules/publisher"
  count  = var.publishers.create_user ? 1 : 0

  name                     = "${var.name}-publisher"
  topic_arns               = local.publish_topic_arns
  kms_key_arns             = var.topic.kms_key_arn == null ? [] : [var.topic.kms_key_arn]
  source_cidrs             = var.publishers.source_cidrs
  path                     = var.publishers.user_path
  permissions_boundary_arn = var.publishers.permissions_boundary_arn
  tags                     = var.tags
}

locals {
  created_topic = { for topic in module.topic : "created" => topic.topic_arn }
  topic_arns    = merge(local.created_topic, var.topic_arns)

  # Existing topics next to a created one already have their publishers.
  publish_topic_arns = var.topic.create ? values(local.created_topic) : values(var.topic_arns)

  # One topic only: Deep Security publishes each event to every topic in its settings, so two topics would duplicate it.
  publish_topic_arn = length(local.publish_topic_arns) == 1 ? local.publish_topic_arns[0] : null

  use_queue = var.delivery == "queue"
  use_vpc   = length(var.function.subnet_ids) > 0

  # What subscribes to the topics. The ARN is assembled, so that subscriptions survive its replacement: meanwhile, SNS sends messages to the
  # dead-letter queue.
  endpoint_arn = local.use_queue ? "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${var.name}" : local.function_arn

  # arn:<partition>:sqs:<region>:<account>:<name>. Read from a resource, because a data source would call AWS at plan.
  arn_parts  = split(":", aws_sqs_queue.dead_letter.arn)
  partition  = local.arn_parts[1]
  dns_suffix = local.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"
  region     = local.arn_parts[3]
  account_id = local.arn_parts[4]
}
