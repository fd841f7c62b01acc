Feature: What cannot be delivered is kept, and logs are kept for a time

  @noskip
  Scenario: Logs are kept for a time that is set
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
  Scenario: A message is tried five times or more
    Given I have aws_sqs_queue_redrive_policy defined
    Then it must contain redrive_policy
    And it must contain maxReceiveCount
    And its value must be greater than 4

  # SNS wants the dead-letter queue in the topic's region; the account staging of examples/multi-account is in another.
  @noskip
  @exclude_module\.staging\.module\.subscription\..*
  Scenario: Subscriptions have a dead-letter queue
    Given I have aws_sns_topic_subscription defined
    Then it must contain redrive_policy
    And it must contain deadLetterTargetArn
    And its value must match the "^arn:[^:]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$" regex
