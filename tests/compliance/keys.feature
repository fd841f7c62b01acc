Feature: Neither the function's environment nor Terraform's state contains a key

  @noskip
  Scenario: The environment contains nothing that looks like an API key
    Given I have aws_lambda_function defined
    Then it must contain environment
    And it must contain variables
    And its value must not match the ".*\b[0-9a-f]{32}\b" regex

  @noskip
  Scenario Outline: The environment has no variable for a key
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
  Scenario: The API key is stored outside Terraform
    Given I have any resource defined
    Then its type property must not be aws_secretsmanager_secret_version

  @noskip
  Scenario: Access keys are created outside Terraform
    Given I have any resource defined
    Then its type property must not be aws_iam_access_key
