# The function's settings, its environment, and its role: what it needs, on the resources that it needs.

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

  assert {
    condition = toset(keys(aws_lambda_function.this.environment[0].variables)) == toset([
      "DD_API_KEY_SECRET_ARN", "DD_API_KEY_SECRET_RELOAD_INTERVAL", "DD_LOG_LEVEL", "DD_SITE", "DEAD_LETTER_QUEUE_URL", "DESTINATIONS", "QUEUE_URL",
      "QUEUE_VISIBILITY_TIMEOUT",
    ])
    error_message = "Environment should have these variables by default, and none for settings without a value."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_LOG_LEVEL == "INFO" && aws_lambda_function.this.environment[0].variables.DD_API_KEY_SECRET_RELOAD_INTERVAL == "300"
    error_message = "By default, the function should log at INFO and read the API key again after five minutes."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.QUEUE_URL == "https://sqs.eu-central-1.amazonaws.com/111122223333/events" && aws_lambda_function.this.environment[0].variables.DEAD_LETTER_QUEUE_URL == "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
    error_message = "The function should know the queue for remainders and the dead-letter queue for what Datadog refuses."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "WriteLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/events:*"
        },
        {
          Sid      = "ReadApiKey"
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf"
        },
        {
          Sid      = "ReceiveMessages"
          Effect   = "Allow"
          Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
          Resource = "arn:aws:sqs:eu-central-1:111122223333:events"
        },
        {
          Sid      = "ReturnMessages"
          Effect   = "Allow"
          Action   = "sqs:ChangeMessageVisibility"
          Resource = "arn:aws:sqs:eu-central-1:111122223333:events"
        },
        {
          Sid      = "SendMessages"
          Effect   = "Allow"
          Action   = "sqs:SendMessage"
          Resource = ["arn:aws:sqs:eu-central-1:111122223333:events", "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"]
        },
      ]
    }
    error_message = "Role should only have access to its log group, secret and queues."
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Sid       = "LambdaAssumes"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
    error_message = "Only Lambda should assume the role."
  }
}

run "everything_set" {
  command = plan

  variables {
    datadog      = { api_key_ssm_parameter = "/datadog/api-key", api_key_reload_interval = 60 }
    datadog_tags = { env = "production", team = "security" }
    console_url  = "https://dsm.example.com:4119"
    queue        = { maximum_message_size = 262144 }
    function = {
      memory_size              = 512
      timeout                  = 60
      architecture             = "x86_64"
      runtime                  = "python3.11"
      log_level                = "DEBUG"
      log_retention_days       = 365
      package_path             = "versions.tf"
      subnet_ids               = ["subnet-0a", "subnet-0b"]
      security_group_ids       = ["sg-0a"]
      permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
      role_path                = "/service/"
      https_proxy              = "http://proxy.example.com:3128"
      no_proxy                 = ["sqs.eu-central-1.amazonaws.com", ".internal.example.com"]
      ca_bundle                = "/opt/ca-bundle.pem"
      layers                   = ["arn:aws:lambda:eu-central-1:111122223333:layer:ca-bundle:1"]
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

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.DD_TAGS == "env:production,team:security"
    error_message = "Tags should have the form key:value,key:value that Datadog users know."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.CONSOLE_URL == "https://dsm.example.com:4119" && aws_lambda_function.this.environment[0].variables.DD_LOG_LEVEL == "DEBUG" && aws_lambda_function.this.environment[0].variables.DD_API_KEY_SECRET_RELOAD_INTERVAL == "60"
    error_message = "The function should get the console's URL, the log level and the reload interval as given."
  }

  assert {
    condition = { for name in ["HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"] : name => aws_lambda_function.this.environment[0].variables[name] } == {
      HTTPS_PROXY        = "http://proxy.example.com:3128"
      NO_PROXY           = ".internal.example.com,sqs.eu-central-1.amazonaws.com"
      REQUESTS_CA_BUNDLE = "/opt/ca-bundle.pem"
      AWS_CA_BUNDLE      = "/opt/ca-bundle.pem"
    }
    error_message = "Requests to Datadog and AWS should take the proxy and trust the given authorities."
  }

  assert {
    condition     = aws_lambda_function.this.layers == tolist(["arn:aws:lambda:eu-central-1:111122223333:layer:ca-bundle:1"])
    error_message = "The layer should bring the file."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.QUEUE_MAXIMUM_MESSAGE_SIZE == "262144" && aws_sqs_queue.this[0].max_message_size == 262144 && aws_sqs_queue.dead_letter.max_message_size == 262144
    error_message = "Both queues should take messages of the given size, and the function should know it."
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::111122223333:policy/boundary" && aws_iam_role.this.path == "/service/"
    error_message = "The role should have the given boundary and path."
  }
}

run "aws_managed_boundary" {
  command = plan

  variables {
    function = { permissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess" }
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::aws:policy/PowerUserAccess"
    error_message = "AWS managed policies should be accepted as permissions boundary."
  }
}
