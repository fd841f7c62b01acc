terraform {
  required_version = ">= 1.11"

  required_providers {
    datadog = {
      source = "DataDog/datadog"
      # The first whose pipelines can exclude an attribute.
      version = ">= 4.16"
    }
  }
}

# The keys come from DD_API_KEY and DD_APP_KEY in the environment.
provider "datadog" {
  api_url = local.api_url
}
