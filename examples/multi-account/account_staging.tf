variable "staging" {
  description = "Profile (of the AWS configuration) and region of the account staging."
  type = object({
    profile = string
    region  = string
  })
  default  = { profile = "staging", region = "us-east-1" }
  nullable = false
}

provider "aws" {
  alias   = "staging"
  profile = var.staging.profile
  region  = var.staging.region

  default_tags {
    tags = var.tags
  }
}

# The security account in this account's region: SNS takes a subscription from the queue's account, in the topic's region.
provider "aws" {
  alias   = "subscriber_staging"
  profile = var.security.profile
  region  = var.staging.region

  default_tags {
    tags = var.tags
  }
}

module "staging" {
  source = "./member"

  providers = {
    aws            = aws.staging
    aws.subscriber = aws.subscriber_staging
  }

  account               = "staging"
  name                  = var.name
  endpoint_arn          = module.forwarder.endpoint_arn
  subscription_endpoint = module.forwarder.subscription_endpoint
}
