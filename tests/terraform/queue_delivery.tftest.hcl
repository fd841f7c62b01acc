# Delivery "queue": topic → queue → function. Only SNS sends to the queues, and what cannot be delivered ends up in the second.

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
    condition     = aws_sns_topic_subscription.queue["created"].protocol == "sqs" && aws_sns_topic_subscription.queue["created"].endpoint == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The queue should be subscribed to the topic."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].event_source_arn == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The function should read the queue."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.function) + length(aws_lambda_permission.topic) + length(aws_lambda_function_event_invoke_config.this) == 0
    error_message = "SNS should not invoke the function itself."
  }

  assert {
    condition     = output.endpoint_arn == "arn:aws:sqs:eu-central-1:111122223333:events"
    error_message = "The outputs should name the queue as the endpoint."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A failed message should not fail its neighbours."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].batch_size == 10 && aws_lambda_event_source_mapping.queue[0].maximum_batching_window_in_seconds == 0
    error_message = "Batches should be small and not wait for more messages."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].scaling_config[0].maximum_concurrency == 5
    error_message = "Queue should start at most five invocations at once by default."
  }

  assert {
    condition     = aws_lambda_function_recursion_config.this[0].function_name == "events" && aws_lambda_function_recursion_config.this[0].recursive_loop == "Allow"
    error_message = "Lambda should not stop the function when it puts remainders back into its own queue."
  }

  assert {
    condition = alltrue([for arn, policy in {
      "arn:aws:sqs:eu-central-1:111122223333:events"             = aws_sqs_queue_policy.this[0].policy
      "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" = aws_sqs_queue_policy.dead_letter.policy
      } : jsondecode(policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "TopicsSend"
          Effect    = "Allow"
          Principal = { Service = "sns.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = arn
          Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:sns:eu-central-1:111122223333:created"] } }
        },
        {
          Sid       = "OnlyOverTls"
          Effect    = "Deny"
          Principal = { AWS = "*" }
          Action    = "sqs:*"
          Resource  = arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    }])
    error_message = "Only SNS, for the topic and over TLS, should send to the queue and the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).deadLetterTargetArn == "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter"
    error_message = "Messages that failed too often should go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.queue["created"].redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:events-dead-letter" }
    error_message = "Messages that SNS cannot deliver should go to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-central-1:111122223333:events"] }
    error_message = "No other queue should use the dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds == 14 * 86400
    error_message = "Dead-letter queue should keep messages for 14 days, SQS's limit."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.visibility_timeout_seconds == aws_sqs_queue.this[0].visibility_timeout_seconds
    error_message = "Dead-letter queue should have the queue's visibility timeout, for a function that reads it."
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.this[0], aws_sqs_queue.dead_letter] : queue.sqs_managed_sse_enabled && queue.kms_master_key_id == null])
    error_message = "Both queues should be encrypted with SSE-SQS."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this.policy, "kms:")
    error_message = "Role should not need KMS."
  }

  assert {
    condition     = aws_sqs_queue.this[0].visibility_timeout_seconds == 180 && jsondecode(aws_sqs_queue_redrive_policy.this[0].redrive_policy).maxReceiveCount == 500
    error_message = "By default, messages should have 20 early attempts, then one every three minutes for 24 hours."
  }

  assert {
    condition     = aws_sqs_queue.this[0].message_retention_seconds == 7 * 86400
    error_message = "Queue should keep messages for seven days by default."
  }
}

run "concurrency_no_recursion_and_a_customer_managed_key" {
  command = plan

  variables {
    function = { maximum_concurrency = 2, allow_recursion = false }
    queue    = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].scaling_config[0].maximum_concurrency == 2
    error_message = "The queue should start no more invocations at once than given."
  }

  assert {
    condition     = length(aws_lambda_function_recursion_config.this) == 0
    error_message = "With function.allow_recursion = false, there should be no recursion config, whose API AWS GovCloud lacks."
  }

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.this[0], aws_sqs_queue.dead_letter] : queue.kms_master_key_id == "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"])
    error_message = "Both queues should be encrypted with the given key."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement if statement.Sid == "UseKeyOfQueues"]) == {
      Sid       = "UseKeyOfQueues"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      Condition = { StringEquals = { "kms:ViaService" = "sqs.eu-central-1.amazonaws.com" } }
    }
    error_message = "The role should use this key through SQS only."
  }
}
