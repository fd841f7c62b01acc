# Created and existing topics: subscriptions and publishers.

mock_provider "aws" {
  source          = "./tests/terraform/aws"
  override_during = plan
}

variables {
  name    = "events"
  datadog = { api_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf" }
}

run "existing_topic" {
  command = plan

  variables {
    topic      = { create = false }
    topic_arns = { theirs = "arn:aws:sns:eu-central-1:444455556666:theirs" }
  }

  assert {
    condition     = length(module.topic) == 0 && output.topic_arn == "arn:aws:sns:eu-central-1:444455556666:theirs"
    error_message = "Existing topic should replace the created one."
  }

  assert {
    condition     = jsondecode(output.deep_security_sns_configuration).Statement[0].Topic == "arn:aws:sns:eu-central-1:444455556666:theirs"
    error_message = "Deep Security should publish to the existing topic."
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "undelivered-messages-lost")
    error_message = "The metric of an existing topic is in its own account."
  }
}

run "created_and_existing_topic" {
  command = plan

  variables {
    topic_arns = { theirs = "arn:aws:sns:eu-central-1:444455556666:theirs" }
  }

  assert {
    condition = { for name, subscription in aws_sns_topic_subscription.queue : name => subscription.topic_arn } == {
      created = "arn:aws:sns:eu-central-1:111122223333:created"
      theirs  = "arn:aws:sns:eu-central-1:444455556666:theirs"
    }
    error_message = "Both topics should be subscribed to, the existing one under its name."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == ["arn:aws:sns:eu-central-1:111122223333:created", "arn:aws:sns:eu-central-1:444455556666:theirs"]
    error_message = "The queue should admit both topics."
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:111122223333:created"
    error_message = "Deep Security should publish to the created topic, because the existing one has publishers already."
  }
}

run "existing_topic_subscribed_to_elsewhere" {
  command = plan

  variables {
    topic_arns = { theirs = "arn:aws:sns:eu-central-1:444455556666:theirs" }
    subscribe  = false
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.queue) == ["created"]
    error_message = "Only the created topic should be subscribed with subscribe = false."
  }

  assert {
    condition     = contains(jsondecode(aws_sqs_queue_policy.this[0].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"], "arn:aws:sns:eu-central-1:444455556666:theirs")
    error_message = "Queue should still admit the existing topic."
  }
}

run "hub_of_several_accounts" {
  command = plan

  variables {
    topic      = { create = false }
    publishers = { create_user = false }
    topic_arns = {
      production = "arn:aws:sns:eu-central-1:444455556666:security"
      staging    = "arn:aws:sns:eu-central-1:777788889999:security"
    }
  }

  assert {
    condition     = length(module.topic) + length(module.publisher) == 0 && output.publisher_user_name == null
    error_message = "Topics and users should be left to the accounts."
  }

  assert {
    condition     = tomap({ for name, subscription in aws_sns_topic_subscription.queue : name => subscription.topic_arn }) == var.topic_arns
    error_message = "Each account's topic should be subscribed to under its name."
  }

  assert {
    condition = output.endpoint_arn == output.queue_arn && output.subscription_endpoint == {
      arn                   = "arn:aws:sqs:eu-central-1:111122223333:events"
      dead_letter_queue_arn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    }
    error_message = "Outputs should name the queue that subscribes to the accounts' topics and its dead-letter queue."
  }

  assert {
    condition     = length(output.deep_security_condition.StringEquals.EventType) == 9
    error_message = "Output should have the condition for each account's Deep Security."
  }

  assert {
    condition     = output.topic_arn == null && output.deep_security_sns_configuration == null
    error_message = "Outputs should name none of several topics, because a Deep Security with two would publish events twice."
  }
}

run "existing_topic_called_created" {
  command = plan

  variables {
    topic      = { create = false }
    topic_arns = { created = "arn:aws:sns:eu-central-1:444455556666:theirs" }
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:444455556666:theirs"
    error_message = "The name \"created\" should be accepted if no topic is created."
  }
}

run "publisher_of_another_account" {
  command = plan

  variables {
    topic      = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
    publishers = { account_ids = ["444455556666"] }
  }

  # The topic module refuses the account unless it gets the key.
  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:111122223333:created"
    error_message = "Other accounts should be able to publish with a customer managed key."
  }
}
