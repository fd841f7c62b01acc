terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
      # The account of the queue in the region of the topic.
      configuration_aliases = [aws.subscriber]
    }
  }
}
