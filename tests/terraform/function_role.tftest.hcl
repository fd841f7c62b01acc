# The role may do what the function does, to the resources it does it to.

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

run "by_default" {
  command = plan

  module {
    source = "./modules/forwarder"
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
          Sid      = "SendMessages"
          Effect   = "Allow"
          Action   = "sqs:SendMessage"
          Resource = ["arn:aws:sqs:eu-central-1:111122223333:events", "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"]
        },
      ]
    }
    error_message = "Its log, its secret, its queues."
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Sid       = "LambdaAssumes"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
    error_message = "Only Lambda assumes the role."
  }
}

run "boundary_and_path" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary", role_path = "/service/" }
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::111122223333:policy/boundary" && aws_iam_role.this.path == "/service/"
    error_message = "The role takes both."
  }
}

run "boundary_of_aws" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { permissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess" }
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws:iam::aws:policy/PowerUserAccess"
    error_message = "A policy that AWS manages can be the boundary."
  }
}

run "boundary_by_its_name" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { permissions_boundary_arn = "boundary" }
  }

  expect_failures = [var.function]
}

run "longest_name" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    name = "a234567890123456789012345678901234567890123456789012345678901234"
  }

  assert {
    condition     = length(aws_iam_role.this.name) == 64 && length(aws_sqs_queue.dead_letter.name) <= 80
    error_message = "Within 64 characters of IAM and Lambda, and 80 of SQS."
  }
}

run "path_without_its_slash" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { role_path = "service" }
  }

  expect_failures = [var.function]
}

run "name_too_long" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    name = "a2345678901234567890123456789012345678901234567890123456789012345"
  }

  expect_failures = [var.name]
}
