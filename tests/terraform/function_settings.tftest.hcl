# The function's own settings.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "default" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.memory_size == 256 && aws_lambda_function.this.timeout == 30 && aws_lambda_function.this.architectures == tolist(["arm64"]) && aws_lambda_function.this.runtime == "python3.13"
    error_message = "The function should have the documented defaults."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("lambda/deep-security-datadog.zip")
    error_message = "Function should run the module's own package."
  }

  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0
    error_message = "Function should not run in a VPC by default."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/events" && aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.kms_key_id == null
    error_message = "Logs should be kept for 30 days by default."
  }
}

run "everything_set" {
  command = plan

  variables {
    function = {
      memory_size        = 512
      timeout            = 60
      architecture       = "x86_64"
      runtime            = "python3.11"
      log_retention_days = 365
      package_path       = "versions.tf"
      subnet_ids         = ["subnet-0a", "subnet-0b"]
      security_group_ids = ["sg-0a"]
    }
  }

  assert {
    condition     = aws_lambda_function.this.memory_size == 512 && aws_lambda_function.this.timeout == 60 && aws_lambda_function.this.architectures == tolist(["x86_64"]) && aws_lambda_function.this.runtime == "python3.11"
    error_message = "The function should have the given settings."
  }

  assert {
    condition     = aws_lambda_function.this.filename == "versions.tf" && aws_lambda_function.this.source_code_hash == filebase64sha256("versions.tf")
    error_message = "The function should run the given package."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 365
    error_message = "Logs should be kept for as long as given."
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-0a", "subnet-0b"]) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-0a"])
    error_message = "The function should run in the given subnets and security groups."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [statement.Sid, statement.Effect] if statement.Resource == "*"] == [
      ["ManageNetworkInterfaces", "Allow"], ["NotFromTheCode", "Deny"],
    ]
    error_message = "Lambda should be allowed to create network interfaces with the role."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Condition if statement.Sid == "NotFromTheCode"]) == { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:111122223333:function:events" } }
    error_message = "The function's own code should not be allowed to."
  }
}
