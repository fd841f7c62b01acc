Feature: Undelivered events are kept, and logs expire

  @noskip
  Scenario: Log groups have a retention period
    Given I have aws_cloudwatch_log_group defined
    Then it must contain retention_in_days
    And its value must be greater than 0

  @noskip
  @exclude_.*aws_sqs_queue\.dead_letter
  Scenario: Queues have a dead-letter queue
    Given I have aws_sqs_queue defined
    Then it must contain redrive_policy
    And it must contain deadLetterTargetArn
    And its value must match the "^arn:[^:]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$" regex

  # At least 5: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  @noskip
  Scenario: Messages are received at least five times
    Given I have aws_sqs_queue_redrive_policy defined
    Then it must contain redrive_policy
    And it must contain maxReceiveCount
    And its value must be greater than 4

  # SNS requires the dead-letter queue in the topic's region, and the account staging of examples/multi-account is in another one.
  @noskip
  @exclude_module\.staging\.module\.subscription\..*
  Scenario: Subscriptions have a dead-letter queue
    Given I have aws_sns_topic_subscription defined
    Then it must contain redrive_policy
    And it must contain deadLetterTargetArn
    And its value must match the "^arn:[^:]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$" regex
