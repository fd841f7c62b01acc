terraform {
  required_version = ">= 1.11"

  required_providers {
    datadog = {
      source = "DataDog/datadog"
      # Tried with 4.19.0; another major version may send other things.
      version = "~> 4.19"
    }
  }
}

# The keys come from DD_API_KEY and DD_APP_KEY in the environment.
provider "datadog" {
  api_url = local.api_url
}
