"""What the root passes on to modules/topic and modules/publisher. Terraform's tests see their outputs only."""

import json
from typing import Any

import pytest

from tests import plans
from tools.terraform import Terraform, copy_modules

KEY = "arn:aws:kms:eu-central-1:111122223333:key/topic"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
USER = "arn:aws:iam::444455556666:user/deep-security"
RUN = f"""mock_provider "aws" {{
  source          = "./tests/terraform/aws"
  override_during = plan
}}

run "everything_set" {{
  command = plan

  variables {{
    name    = "events"
    tags    = {{ team = "security" }}
    datadog = {{ api_key_ssm_parameter = "/datadog/api-key" }}
    alarms  = {{ no_event_hours = 1 }}
    topic   = {{ kms_key_arn = "{KEY}" }}
    publishers = {{
      source_cidrs             = ["203.0.113.7/32"]
      user_path                = "/service/"
      permissions_boundary_arn = "{BOUNDARY}"
      principal_arns           = ["{USER}"]
      account_ids              = ["777788889999"]
      organization_id          = "o-a1b2c3d4e5"
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The planned resources by their address."""
    tree = copy_modules(tmp_path_factory.mktemp("modules"))
    (tree / "modules.tftest.hcl").write_text(RUN, encoding="utf-8")
    terraform = Terraform(tree, {"AWS_REGION": "eu-central-1"})
    terraform.init()
    return {each["address"]: each["change"]["after"] for each in plans.tested(terraform)["everything_set"]}


def statements(resource: dict[str, Any]) -> dict[str, Any]:
    return {statement["Sid"]: statement for statement in json.loads(resource["policy"])["Statement"]}


def test_what_the_root_passes_on(planned: dict[str, dict[str, Any]]) -> None:
    tags = {address: values["tags"] for address, values in planned.items() if "tags" in values}
    assert len(tags) > 15
    assert {address: found for address, found in tags.items() if found != {"team": "security"}} == {}
    topic, user = planned["module.topic[0].aws_sns_topic.this"], planned["module.publisher[0].aws_iam_user.this"]
    assert (topic["name"], topic["kms_master_key_id"]) == ("events", KEY)
    assert (user["name"], user["path"], user["permissions_boundary"]) == ("events-publisher", "/service/", BOUNDARY)


def test_who_publishes_and_subscribes(planned: dict[str, dict[str, Any]]) -> None:
    policy = statements(planned["module.topic[0].aws_sns_topic_policy.this"])
    assert policy["ListedPublishers"]["Principal"]["AWS"] == [USER, "arn:aws:iam::777788889999:root"]
    assert policy["OrganizationPublishes"]["Condition"]["StringEquals"] == {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}
    subscriber = policy["Subscriber0"]["Condition"]["StringEquals"]
    assert subscriber["SNS:Endpoint"] == "arn:aws:sqs:eu-central-1:111122223333:events"
    policy = statements(planned["module.publisher[0].aws_iam_policy.this"])
    assert policy["Publish"]["Resource"] == ["arn:aws:sns:eu-central-1:111122223333:created"]
    assert policy["Publish"]["Condition"] == {"IpAddress": {"aws:SourceIp": ["203.0.113.7/32"]}}
    assert policy["EncryptForTheTopics"]["Resource"] == [KEY]
