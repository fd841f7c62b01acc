"""Renaming a key of topic_arns and switching subscribe keep the subscription, given the `moved` block of the page."""

import json
import re
from typing import Any

import pytest

from tests import plans
from tools.repository import ROOT
from tools.terraform import IS_OPENTOFU, Terraform, copy_modules

OLD = 'module.deep_security_datadog.aws_sns_topic_subscription.queue["old"]'
NEW = OLD.replace("old", "new")
ELSEWHERE = "module.production_subscription.aws_sns_topic_subscription.this"
FORWARDER = """
module "deep_security_datadog" {
  source     = "../../"
  topic      = { create = false }
  topic_arns = { %s = "arn:aws:sns:eu-central-1:111122223333:existing" }
  subscribe  = %s
  publishers = { create_user = false }
  datadog    = { api_key_ssm_parameter = "/datadog/api-key" }
}
"""
SUBSCRIPTION = """
module "production_subscription" {
  source    = "../../modules/subscription"
  topic_arn = "arn:aws:sns:eu-central-1:111122223333:existing"
  endpoint  = module.deep_security_datadog.subscription_endpoint
}
"""
# The configuration that is planned, and where the subscription moves to.
MOVES = {
    "renamed": (FORWARDER % ("new", "true"), NEW),
    "switched_off": (FORWARDER % ("old", "false") + SUBSCRIPTION, ELSEWHERE),
}
RUN = 'run "{0}" {{\n  command = {1}\n  state_key = "moves"\n  module {{\n    source = "./{0}"\n  }}\n}}\n'


def moved(target: str, origin: str = OLD) -> str:
    return f"moved {{\n  from = {origin}\n  to   = {target}\n}}\n"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The changes of each plan, by the move."""
    if IS_OPENTOFU:
        pytest.skip("OpenTofu's tests do not plan on another configuration's state (state_key)")
    root = copy_modules(tmp_path_factory.mktemp("moves")) / "moves"
    provider = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}}}
    runs = 'mock_provider "aws" {\n  source = "../tests/terraform/aws"\n}\n'
    steps = {"before": FORWARDER % ("old", "true")}
    for name, (configuration, target) in MOVES.items():
        steps[name] = configuration + moved(target)
    for name, configuration in steps.items():
        (root / name).mkdir(parents=True)
        (root / name / "main.tf").write_text(configuration)
        (root / name / "versions.tf.json").write_text(json.dumps(provider))
        runs += RUN.format(name, "apply" if name == "before" else "plan")
    (root / "versions.tf.json").write_text(json.dumps(provider))
    (root / "moves.tftest.hcl").write_text(runs)
    terraform = Terraform(root, {"AWS_REGION": "eu-central-1"})
    terraform.init()
    return plans.tested(terraform)


@pytest.mark.parametrize("name", MOVES)
def test_with_the_block_nothing_changes_but_the_address(planned: dict[str, list[dict[str, Any]]], name: str) -> None:
    moves = {change["address"]: change.get("previous_address") for change in planned[name]}
    assert moves[MOVES[name][1]] == OLD
    assert [change["address"] for change in planned[name] if change["change"]["actions"] != ["no-op"]] == []


def test_the_documentation_has_these_blocks() -> None:
    page = (ROOT / "docs" / "planned-work.md").read_text()
    shown = re.findall(r"^moved \{\n.*?^\}\n", page, re.MULTILINE | re.DOTALL)
    assert shown == [moved(NEW), moved(ELSEWHERE, OLD.replace("old", "production"))]
