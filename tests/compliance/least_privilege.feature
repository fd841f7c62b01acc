Feature: The function and Deep Security have least privilege

  @noskip
  Scenario: The function's role allows only what forwarding needs
    Given I have aws_iam_role_policy defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Action
    And its value must match the "^(logs:(CreateLogStream|PutLogEvents)|(secretsmanager:GetSecretValue|ssm:GetParameter)|sqs:(ChangeMessageVisibility|DeleteMessage|GetQueueAttributes|ReceiveMessage|SendMessage)|kms:(Decrypt|GenerateDataKey))$" regex

  # The only wildcard is for the streams of the function's log group.
  @noskip
  Scenario: The function's role names every resource
    Given I have aws_iam_role_policy defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Resource
    And its value must match the "^arn:[^:]+:(logs:[a-z0-9-]+:[0-9]{12}:log-group:/aws/lambda/[^*]+:\*|(secretsmanager|ssm|sqs|kms):[a-z0-9-]+:[0-9]{12}:[^*]+)$" regex

  @noskip
  Scenario: Deep Security's user may only publish and use the topic's key
    Given I have aws_iam_policy defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Action
    And its value must match the "^(sns:Publish|kms:(Decrypt|GenerateDataKey))$" regex

  @noskip
  Scenario: Deep Security's user may publish only to given topics
    Given I have aws_iam_policy defined
    Then it must contain policy
    And it must contain Statement
    When its Effect is Allow
    Then it must contain Resource
    And its value must match the "^arn:[^:]+:(sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+|kms:[a-z0-9-]+:[0-9]{12}:key/[^*]+)$" regex

  @noskip
  Scenario Outline: Roles and users have no other policies
    Given I have any resource defined
    Then its type property must not be <type>

    Examples:
      | type                           |
      | aws_iam_policy_attachment      |
      | aws_iam_role_policy_attachment |
      | aws_iam_user_policy            |
      | aws_iam_user_group_membership  |
