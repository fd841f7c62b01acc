"""Gives the subscription of a running forwarder other addresses in Terraform, with `moved` blocks, and looks at AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests import plans
from tests.end_to_end.stack import Copy
from tests.end_to_end.traffic import messages

ARRIVE_SECONDS = 30
OLD = 'module.deep_security_datadog.aws_sns_topic_subscription.queue["old"]'
NEW = 'module.deep_security_datadog.aws_sns_topic_subscription.queue["new"]'
ELSEWHERE = "module.production_subscription.aws_sns_topic_subscription.this"

SUBSCRIPTION = """
module "production_subscription" {
  source = "../../../modules/subscription"

  topic_arn = aws_sns_topic.existing.arn
  endpoint  = module.deep_security_datadog.subscription_endpoint
}
"""


@dataclass(frozen=True)
class Step:
    """A change of the configuration, and between which addresses the subscription moves."""

    origin: str
    target: str
    variables: Mapping[str, str]
    configuration: str = ""

    @property
    def moved(self) -> str:
        return f"moved {{\n  from = {self.origin}\n  to   = {self.target}\n}}\n"


# In this order, each on top of the one before.
STEPS = {
    "a name in topic_arns is changed": Step(OLD, NEW, {"topic_name": "new"}),
    "subscribe is switched off": Step(NEW, ELSEWHERE, {"subscribe": "false"}, SUBSCRIPTION),
    "subscribe is switched on again": Step(ELSEWHERE, NEW, {"subscribe": "true"}),
}


@dataclass(frozen=True)
class Taken:
    """What became of a step: the plans, the topic's subscriptions before and after, and whether a message arrived."""

    plan_without_block: dict[str, Any]
    plan: dict[str, Any]
    subscriptions_before: list[str]
    subscriptions_after: list[str]
    arrived: bool


def take_steps(copy: Copy) -> dict[str, Taken]:
    # From the start, whatever an earlier run on the same stack has left.
    (copy.terraform.folder / "step.tf").unlink(missing_ok=True)
    copy.terraform.init()
    copy.terraform.apply()
    copy.outputs = copy.terraform.output()
    return {name: _take(copy, step) for name, step in STEPS.items()}


def _take(copy: Copy, step: Step) -> Taken:
    terraform = copy.terraform
    before = _subscriptions(copy)
    terraform.environment |= {f"TF_VAR_{name}": value for name, value in step.variables.items()}
    file = terraform.folder / "step.tf"
    file.write_text(step.configuration)
    terraform.init()
    without = plans.plan(terraform)
    file.write_text(step.configuration + step.moved)
    plan = plans.plan(terraform)
    # What was looked at is what is applied.
    terraform.apply("plan")
    return Taken(without, plan, before, _subscriptions(copy), _arrives(copy))


def _subscriptions(copy: Copy) -> list[str]:
    found = copy.aws.client("sns").list_subscriptions_by_topic(TopicArn=copy.outputs["topic_arn"])["Subscriptions"]
    return [subscription["SubscriptionArn"] for subscription in found]


def _arrives(copy: Copy) -> bool:
    [message] = messages(1, 1)
    copy.publish(message)
    title = message[0]["Title"]
    return copy.datadog.wait(lambda: any(title in event["title"] for event in copy.datadog.events), ARRIVE_SECONDS)
