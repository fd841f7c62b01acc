# The function finds the API key by itself; it is in no setting.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

override_resource {
  target          = aws_sqs_queue.this
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events"
  }
}

override_resource {
  target          = aws_sqs_queue.dead_letter
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
  }
}

variables {
  name       = "events"
  topic_arns = { security = "arn:aws:sns:eu-central-1:111122223333:security" }
  datadog    = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "in_secrets_manager" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_API_KEY_SECRET_ARN == "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" && !contains(keys(aws_lambda_function.this.environment[0].variables), "DD_API_KEY_SSM_NAME")
    error_message = "The function knows where, and only one place."
  }
}

run "in_secrets_manager_with_a_key" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = {
      api_key_secret_arn  = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf"
      api_key_kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "DecryptApiKey"]) == {
      Sid       = "DecryptApiKey"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      Condition = { StringEquals = { "kms:EncryptionContext:SecretARN" = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" } }
    }
    error_message = "The role may decrypt this secret with this key."
  }
}

run "in_parameter_store" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key" }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_API_KEY_SSM_NAME == "/datadog/api-key" && !contains(keys(aws_lambda_function.this.environment[0].variables), "DD_API_KEY_SECRET_ARN")
    error_message = "The function knows where, and only one place."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "ReadApiKey"]) == {
      Sid      = "ReadApiKey"
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = "arn:aws:ssm:eu-central-1:111122223333:parameter/datadog/api-key"
    }
    error_message = "The role may read this parameter."
  }
}

run "in_parameter_store_with_a_key" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = {
      api_key_ssm_parameter = "datadog-api-key"
      api_key_kms_key_arn   = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "DecryptApiKey"]).Condition == { StringEquals = { "kms:EncryptionContext:PARAMETER_ARN" = "arn:aws:ssm:eu-central-1:111122223333:parameter/datadog-api-key" } }
    error_message = "The role may decrypt this parameter with this key, its name beginning with a slash or not."
  }
}

run "in_another_accounts_parameter_store" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "arn:aws:ssm:eu-central-1:444455556666:parameter/datadog/api-key" }
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "ReadApiKey"]) == "arn:aws:ssm:eu-central-1:444455556666:parameter/datadog/api-key"
    error_message = "An ARN is taken as it is."
  }
}

run "nowhere" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = {}
  }

  expect_failures = [var.datadog]
}

run "at_two_places" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf", api_key_ssm_parameter = "/datadog/api-key" }
  }

  expect_failures = [var.datadog]
}

run "secret_by_its_name" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_secret_arn = "datadog" }
  }

  expect_failures = [var.datadog]
}

run "secret_without_its_six_characters" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog" }
  }

  expect_failures = [var.datadog]
}

run "the_key_itself" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "0123456789abcdef0123456789abcdef" }
  }

  expect_failures = [var.datadog]
}

run "parameter_with_a_blank" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "datadog api key" }
  }

  expect_failures = [var.datadog]
}

run "alias_of_a_key" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", api_key_kms_key_arn = "alias/datadog" }
  }

  expect_failures = [var.datadog]
}

run "negative_reload_interval" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key", api_key_reload_interval = -1 }
  }

  expect_failures = [var.datadog]
}
