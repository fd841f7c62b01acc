# The role may do what the function needs, on the resources it needs.

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

run "boundary_and_path" {
  command = plan

  variables {
    function = { permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary", role_path = "/service/" }
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
