terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
      # The queue's account, in the topic's region.
      configuration_aliases = [aws.subscriber]
    }
  }
}
