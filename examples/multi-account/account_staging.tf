provider "aws" {
  alias   = "staging"
  profile = var.accounts.staging.profile
  region  = var.accounts.staging.region
}

# The security account, in this account's region: the queue's account creates the subscription, in the topic's region.
provider "aws" {
  alias   = "subscriber_staging"
  profile = var.accounts.security.profile
  region  = var.accounts.staging.region
}

module "staging" {
  source = "./member"

  providers = {
    aws            = aws.staging
    aws.subscriber = aws.subscriber_staging
  }

  account               = "staging"
  name                  = local.name
  endpoint_arn          = module.forwarder.endpoint_arn
  subscription_endpoint = module.forwarder.subscription_endpoint
  tags                  = var.tags
}
