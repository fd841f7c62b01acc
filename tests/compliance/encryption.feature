Feature: Events are encrypted at rest and in transit

  @noskip
  Scenario: Topics are encrypted with a key
    Given I have aws_sns_topic defined
    Then it must contain kms_master_key_id
    And its value must match the "^(alias/aws/sns|arn:[^:]+:kms:.+)$" regex

  @noskip
  Scenario: Queues have an encryption setting
    Given I have aws_sqs_queue defined
    Then it must contain sqs_managed_sse_enabled
    And its value must match the "^(true|false)$" regex

  # Without @noskip, because examples with SSE-SQS have none.
  Scenario: Queues without SSE-SQS have a customer managed key
    Given I have aws_sqs_queue defined
    When its sqs_managed_sse_enabled is false
    Then it must contain kms_master_key_id
    And its value must match the "^arn:[^:]+:kms:.+$" regex

  # Without @noskip, because not every example has one.
  Scenario: Customer managed keys are rotated
    Given I have aws_kms_key defined
    Then it must contain enable_key_rotation
    And its value must match the "^true$" regex

  @noskip
  Scenario Outline: Requests without TLS are denied
    Given I have <resource> defined
    Then it must contain policy
    And it must contain Statement
    And it must contain aws:SecureTransport
    And its value must match the "^false$" regex

    Examples:
      | resource      |
      | aws_sns_topic |
      | aws_sqs_queue |

  @noskip
  Scenario Outline: Only Deny statements have a TLS condition
    Given I have <resource> defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must not contain aws:SecureTransport

    Examples:
      | resource      |
      | aws_sns_topic |
      | aws_sqs_queue |
