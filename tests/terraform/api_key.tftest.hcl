# The function knows where the API key is and may read it. No setting contains the key itself.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

# function_role.tftest.hcl tests the role.
run "secret" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_API_KEY_SECRET_ARN == "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" && !contains(keys(aws_lambda_function.this.environment[0].variables), "DD_API_KEY_SSM_NAME")
    error_message = "Environment should name the secret, not a parameter."
  }
}

run "secret_with_a_key" {
  command = plan

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
    error_message = "The role should decrypt this secret with its key, and nothing else."
  }
}

run "parameter" {
  command = plan

  variables {
    datadog = { api_key_ssm_parameter = "/datadog/api-key" }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_API_KEY_SSM_NAME == "/datadog/api-key" && !contains(keys(aws_lambda_function.this.environment[0].variables), "DD_API_KEY_SECRET_ARN")
    error_message = "Environment should name the parameter, not a secret."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "ReadApiKey"]) == {
      Sid      = "ReadApiKey"
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = "arn:aws:ssm:eu-central-1:111122223333:parameter/datadog/api-key"
    }
    error_message = "The role should read this parameter, and nothing else."
  }
}

run "parameter_without_a_slash_and_with_a_key" {
  command = plan

  variables {
    datadog = {
      api_key_ssm_parameter = "datadog-api-key"
      api_key_kms_key_arn   = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "DecryptApiKey"]).Condition == { StringEquals = { "kms:EncryptionContext:PARAMETER_ARN" = "arn:aws:ssm:eu-central-1:111122223333:parameter/datadog-api-key" } }
    error_message = "The role should decrypt this parameter with its key, and nothing else."
  }
}

run "parameter_of_another_account" {
  command = plan

  variables {
    datadog = { api_key_ssm_parameter = "arn:aws:ssm:eu-central-1:444455556666:parameter/datadog/api-key" }
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "ReadApiKey"]) == "arn:aws:ssm:eu-central-1:444455556666:parameter/datadog/api-key"
    error_message = "Role should read a parameter in another account by its ARN."
  }
}
