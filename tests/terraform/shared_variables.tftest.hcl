# The root's variables are the forwarder's, so that a default changed at one place does not differ at the other, and each reaches its
# module. Terraform's tests see only the outputs of a called module, so these read the files.

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

run "each_is_passed_on" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["datadog", "datadog_tags", "destinations", "filter", "logs_filter", "console_url", "delivery", "function", "queue", "alarms", "tags"] :
      can(regex("\n  ${name} += var\\.${name}\n", regex("(?s)module \"forwarder\" .*?\n\\}", file("main.tf"))))
    ]) && var.name != ""
    error_message = "main.tf does not pass each shared variable to the forwarder."
  }

  assert {
    condition     = alltrue([for name in keys(var.publishers) : strcontains(file("main.tf"), "= var.publishers.${name}\n") || strcontains(file("main.tf"), "count  = var.publishers.${name} ?")])
    error_message = "main.tf does not use each property of publishers."
  }

  assert {
    condition     = length(regexall("\n  tags += var.tags\n", file("main.tf"))) == 3 && var.name != ""
    error_message = "main.tf does not pass the tags to each module."
  }
  assert {
    condition     = can(regex("\n  subscriber_arns += \\[module.forwarder.endpoint_arn\\]\n", file("main.tf"))) && var.name != ""
    error_message = "main.tf does not tell the topic who subscribes."
  }
}
