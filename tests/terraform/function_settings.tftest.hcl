# The function's own settings.

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
    condition     = aws_lambda_function.this.memory_size == 256 && aws_lambda_function.this.timeout == 30 && aws_lambda_function.this.architectures == tolist(["arm64"]) && aws_lambda_function.this.runtime == "python3.13"
    error_message = "The documented defaults."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("lambda/deep-security-datadog.zip")
    error_message = "The package that comes with the module."
  }

  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0
    error_message = "Outside of any VPC."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/events" && aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.kms_key_id == null
    error_message = "The log is kept for 30 days."
  }
}

run "everything_set" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = {
      memory_size        = 512
      timeout            = 60
      architecture       = "x86_64"
      runtime            = "python3.11"
      log_retention_days = 365
      log_kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      package_path       = "versions.tf"
    }
    tags = { team = "security" }
  }

  assert {
    condition     = aws_lambda_function.this.memory_size == 512 && aws_lambda_function.this.timeout == 60 && aws_lambda_function.this.architectures == tolist(["x86_64"]) && aws_lambda_function.this.runtime == "python3.11"
    error_message = "The function takes them."
  }

  assert {
    condition     = aws_lambda_function.this.filename == "versions.tf" && aws_lambda_function.this.source_code_hash == filebase64sha256("versions.tf")
    error_message = "Another package."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 365 && aws_cloudwatch_log_group.this.kms_key_id == "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    error_message = "The log takes them."
  }

  assert {
    condition = alltrue([for resource in concat(
      [aws_lambda_function.this.tags, aws_cloudwatch_log_group.this.tags, aws_iam_role.this.tags, aws_sqs_queue.this[0].tags, aws_sqs_queue.dead_letter.tags],
      [aws_lambda_event_source_mapping.queue[0].tags, aws_cloudwatch_metric_alarm.stalled[0].tags],
      values(aws_cloudwatch_metric_alarm.this)[*].tags,
    ) : resource.team == "security"])
    error_message = "Tags are on every resource that takes tags."
  }
}

run "in_a_vpc" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { subnet_ids = ["subnet-0a", "subnet-0b"], security_group_ids = ["sg-0a"] }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-0a", "subnet-0b"]) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-0a"])
    error_message = "The function is in the VPC."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [statement.Sid, statement.Effect] if statement.Resource == "*"] == [
      ["ManageNetworkInterfaces", "Allow"], ["NotFromTheCode", "Deny"],
    ]
    error_message = "Lambda may make network interfaces."
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Condition if statement.Sid == "NotFromTheCode"]) == { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:111122223333:function:events" } }
    error_message = "The function's code may not."
  }
}

run "subnets_without_security_groups" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { subnet_ids = ["subnet-0a"] }
  }

  expect_failures = [var.function]
}

run "security_groups_without_subnets" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { security_group_ids = ["sg-0a"] }
  }

  expect_failures = [var.function]
}

run "too_little_memory" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { memory_size = 64 }
  }

  expect_failures = [var.function]
}

run "too_short" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 2 }
  }

  expect_failures = [var.function]
}

run "too_long" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { timeout = 901 }
  }

  expect_failures = [var.function]
}

run "unknown_architecture" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { architecture = "arm" }
  }

  expect_failures = [var.function]
}

run "runtime_too_old" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { runtime = "python3.10" }
  }

  expect_failures = [var.function]
}

run "one_at_a_time" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { maximum_concurrency = 1 }
  }

  expect_failures = [var.function]
}

run "log_for_ever" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { log_retention_days = 0 }
  }

  expect_failures = [var.function]
}

run "alias_of_the_logs_key" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { log_kms_key_arn = "alias/logs" }
  }

  expect_failures = [var.function]
}

run "package_that_is_not_there" {
  command = plan

  module {
    source = "./modules/forwarder"
  }

  variables {
    function = { package_path = "no-such.zip" }
  }

  expect_failures = [var.function]
}
