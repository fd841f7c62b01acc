Feature: What holds events or the API key is encrypted, and SNS and SQS are reached by TLS alone

  @noskip
  Scenario: Topics are encrypted with a key
    Given I have aws_sns_topic defined
    Then it must contain kms_master_key_id
    And its value must match the "^(alias/aws/sns|arn:[^:]+:kms:.+)$" regex

  # Without a key of the customer SQS's own; with one, which SQS wants in its place, it must be named.
  @noskip
  Scenario: Queues are encrypted
    Given I have aws_sqs_queue defined
    Then it must contain encryption
    And its value must match the "^(SQS|arn:[^:]+:kms:.+)$" regex

  @noskip
  Scenario Outline: The policies of topics and queues deny what does not come by TLS
    Given I have <policy> defined
    Then it must contain Statement
    And it must contain aws:SecureTransport
    And its value must match the "^false$" regex

    Examples:
      | policy               |
      | aws_sns_topic_policy |
      | aws_sqs_queue_policy |
