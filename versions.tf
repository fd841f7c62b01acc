terraform {
  # 1.11 brought write-only arguments, by which the examples keep the API key out of the state.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}
