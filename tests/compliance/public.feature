Feature: Only given principals have access to topics, queues and the role

  @noskip
  Scenario: Only SNS sends to the queues
    Given I have aws_sqs_queue defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Principal
    And its value must match the "^sns\.amazonaws\.com$" regex

  @noskip
  Scenario: Only given topics send to the queues
    Given I have aws_sqs_queue defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Condition
    And it must contain aws:SourceArn
    And its value must match the "^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$" regex

  @noskip
  Scenario: Topic policies admit only accounts, users and roles
    Given I have aws_sns_topic defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Principal
    And its value must match the "^arn:[^:]+:iam::[0-9]{12}:(root|user/[^*]+|role/[^*]+)$" regex

  @noskip
  Scenario Outline: Subscribers may subscribe only one endpoint
    Given I have aws_sns_topic defined
    Then it must contain policy
    And it must contain Statement
    When its Action is sns:Subscribe
    Then it must contain Condition
    And it must contain <key>
    And its value must match the "^(sqs|lambda|arn:[^:]+:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:[^*]+)$" regex

    Examples:
      | key          |
      | SNS:Endpoint |
      | SNS:Protocol |

  @noskip
  Scenario: Only Lambda assumes the role
    Given I have aws_iam_role defined
    Then it must contain assume_role_policy
    And it must contain Statement
    Then it must contain Principal
    And its value must match the "^lambda\.amazonaws\.com$" regex
