variable "production" {
  description = "Profile (of the AWS configuration) and region of the account production."
  type = object({
    profile = string
    region  = string
  })
  default  = { profile = "production", region = "eu-central-1" }
  nullable = false
}

provider "aws" {
  alias   = "production"
  profile = var.production.profile
  region  = var.production.region

  default_tags {
    tags = var.tags
  }
}

# The security account in this account's region: SNS takes a subscription from the queue's account, in the topic's region.
provider "aws" {
  alias   = "subscriber_production"
  profile = var.security.profile
  region  = var.production.region

  default_tags {
    tags = var.tags
  }
}

module "production" {
  source = "./member"

  providers = {
    aws            = aws.production
    aws.subscriber = aws.subscriber_production
  }

  account               = "production"
  name                  = var.name
  endpoint_arn          = module.forwarder.endpoint_arn
  subscription_endpoint = module.forwarder.subscription_endpoint
}
