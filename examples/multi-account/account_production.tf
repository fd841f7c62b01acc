provider "aws" {
  alias   = "production"
  profile = var.accounts.production.profile
  region  = var.accounts.production.region
}

# The security account, in this account's region: the queue's account creates the subscription, in the topic's region.
provider "aws" {
  alias   = "subscriber_production"
  profile = var.accounts.security.profile
  region  = var.accounts.production.region
}

module "production" {
  source = "./member"

  providers = {
    aws            = aws.production
    aws.subscriber = aws.subscriber_production
  }

  account               = "production"
  name                  = local.name
  endpoint_arn          = module.forwarder.endpoint_arn
  subscription_endpoint = module.forwarder.subscription_endpoint
  tags                  = var.tags
}
