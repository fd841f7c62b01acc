Feature: Every resource has the example's tags

  @noskip
  Scenario: Every resource has the tag
    Given I have resource that supports tags_all defined
    Then it must contain tags_all
    And it must contain team
    And its value must match the "^security$" regex
