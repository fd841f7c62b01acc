# A mocked provider makes up random strings for what AWS computes. Where these are parsed or compared, they must look real.
# docs/pipelines.md gives this folder to users for their own tests.

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:eu-central-1:111122223333:created"
  }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:a-queue"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/a-queue"
  }
}

# The two queues of the root module, to tell one from the other.
override_resource {
  target = aws_sqs_queue.this
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events"
  }
}

override_resource {
  target = aws_sqs_queue.dead_letter
  values = {
    arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    url = "https://sqs.eu-central-1.amazonaws.com/111122223333/events-dead-letter"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn = "arn:aws:lambda:eu-central-1:111122223333:function:events"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::111122223333:role/events"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/events"
  }
}

mock_resource "aws_iam_user" {
  defaults = {
    arn = "arn:aws:iam::111122223333:user/created"
  }
}

mock_resource "aws_iam_policy" {
  defaults = {
    arn = "arn:aws:iam::111122223333:policy/created"
  }
}

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = {
    arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf"
  }
}
