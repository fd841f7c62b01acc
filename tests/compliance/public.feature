Feature: Nobody but those who are named reaches topics, queues and the role

  @noskip
  Scenario: Only SNS sends to the queues
    Given I have aws_sqs_queue defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Principal
    And its value must match the "^sns\.amazonaws\.com$" regex

  @noskip
  Scenario: Only topics that are named in full send to the queues
    Given I have aws_sqs_queue defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Condition
    And it must contain aws:SourceArn
    And its value must match the "^arn:[^:]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$" regex

  @noskip
  Scenario: The topics' policies allow something to accounts, users and roles only
    Given I have aws_sns_topic defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Principal
    And its value must match the "^arn:[^:]+:iam::[0-9]{12}:(root|user/[^*]+|role/[^*]+)$" regex

  @noskip
  Scenario Outline: Who may subscribe may do so with one endpoint
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
