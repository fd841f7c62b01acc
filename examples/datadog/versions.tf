terraform {
  required_version = ">= 1.11"

  required_providers {
    datadog = {
      source = "DataDog/datadog"
      # The first that knows the sequences of detection rules.
      version = ">= 3.76"
    }
  }
}

# The keys come from DD_API_KEY and DD_APP_KEY in the environment.
provider "datadog" {
  api_url = local.api_url
}
