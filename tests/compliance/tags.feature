Feature: Everything that takes tags has those of the example's variable

  @noskip
  Scenario: The tag is on everything
    Given I have resource that supports tags_all defined
    Then it must contain tags_all
    And it must contain team
    And its value must match the "^security$" regex
