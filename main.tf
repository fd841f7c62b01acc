# The common case: everything in one account. Other shapes are composed from the same modules, see examples/.

module "topic" {
  source = "./modules/topic"
  count  = var.topic.create ? 1 : 0

  name            = var.name
  kms_key_arn     = var.topic.kms_key_arn
  subscriber_arns = [module.forwarder.endpoint_arn]
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

module "forwarder" {
  source = "./modules/forwarder"

  name         = var.name
  topic_arns   = local.topic_arns
  datadog      = var.datadog
  datadog_tags = var.datadog_tags
  destinations = var.destinations
  filter       = var.filter
  logs_filter  = var.logs_filter
  console_url  = var.console_url
  delivery     = var.delivery
  function     = var.function
  queue        = var.queue
  alarms       = var.alarms
  tags         = var.tags
}

locals {
  # An existing topic goes by its ARN, so that removing one from the list leaves the other subscriptions alone.
  topic_arns = merge(
    { for topic in module.topic : "created" => topic.topic_arn },
    { for arn in var.topic.existing_arns : arn => arn },
  )

  # Existing topics beside a created one have their publishers already.
  publish_topic_arns = var.topic.create ? module.topic[*].topic_arn : sort(var.topic.existing_arns)

  # The owner of an existing topic sees to its other publishers.
  topic_key_policy_statements = flatten(concat(
    module.topic[*].key_policy_statements,
    [for publisher in module.publisher : publisher.key_policy_statements if !var.topic.create],
  ))

  # Deep Security sends each event to every topic that it is configured with, so that two would double it.
  publish_topic_arn = length(local.publish_topic_arns) == 1 ? local.publish_topic_arns[0] : null
}
