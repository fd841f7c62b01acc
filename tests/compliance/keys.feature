Feature: No key is in the function's environment or in Terraform's hands

  @noskip
  Scenario: The environment holds nothing that looks like an API key
    Given I have aws_lambda_function defined
    Then it must contain environment
    And it must contain variables
    And its value must not match the ".*\b[0-9a-f]{32}\b" regex

  @noskip
  Scenario Outline: The environment has no variable for a key itself
    Given I have aws_lambda_function defined
    Then it must contain environment
    And it must contain variables
    And it must not contain <variable>

    Examples:
      | variable              |
      | DD_API_KEY            |
      | DD_APP_KEY            |
      | AWS_SECRET_ACCESS_KEY |

  @noskip
  Scenario: The secret is written and not kept
    Given I have aws_secretsmanager_secret_version defined
    Then it must contain secret_string
    And its value must be null

  @noskip
  Scenario: Access keys are made outside of Terraform
    Given I have any resource defined
    Then its type property must not be aws_iam_access_key
