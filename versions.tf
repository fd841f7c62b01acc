terraform {
  # For write-only arguments, which keep the API key out of the state in the examples.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}
