terraform {
  # For validations across variables (1.9), and mocks at plan in tests, those of users among them (1.11).
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}
