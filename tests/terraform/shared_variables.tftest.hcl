# The root's variables are the forwarder's, so that a default changed at one place does not differ at the other.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "types_and_defaults_agree" {
  command = plan

  assert {
    # The last part says nothing, but Terraform wants an object of the configuration in every condition.
    condition = alltrue([
      for name in ["datadog", "datadog_tags", "destinations", "filter", "logs_filter", "console_url", "delivery", "function", "queue", "alarms", "tags"] :
      one(regex("(?s)variable \"${name}\" \\{\\n(.*?)\\n(?:\\n|\\})", file("variables.tf"))) ==
      one(regex("(?s)variable \"${name}\" \\{\\n(.*?)\\n(?:\\n|\\})", file("modules/forwarder/variables.tf")))
    ]) && var.name != ""
    error_message = "variables.tf and modules/forwarder/variables.tf differ in the description, type or default of a variable that they share."
  }
}
