"""terraform-compliance over the examples as applied: all of tests/compliance passes, nothing is skipped unseen.

The plan is one after the apply, that sets tags: before, the ARNs in the policies are unknown, and with them the
policies.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.stack import Stack
from tests.plans import plan
from tests.terraform import test_addresses
from tools.repository import ROOT

PROGRAM = Path(sys.executable).with_name("terraform-compliance")
FEATURES = ROOT / "tests" / "compliance"
# By the copy of stack.py that is applied.
EXAMPLES = {"single-account": "example", "multi-account": "accounts", "one-topic": "one_topic"}
TAGS = '-var=tags={"team":"security"}'
# They speak of what an example need not have, so they alone are without @noskip.
MAY_BE_SKIPPED = {"Queues without SSE-SQS have a customer managed key", "Customer managed keys are rotated"}

Plan = dict[str, Any]


def run(plan: Plan, folder: Path, features: Path = FEATURES) -> tuple[int, dict[str, str]]:
    """The program's exit code, and for each scenario whether it `passed`, `failed` or was `skipped`."""
    file, report = folder / "plan.json", folder / "report.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    program = subprocess.run(
        [PROGRAM, "--features", features, "--planfile", file, f"--cucumber-json={report}"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert report.exists(), program.stdout + program.stderr
    outcomes: dict[str, str] = {}
    for feature in json.loads(report.read_text(encoding="utf-8")):
        for scenario in feature["elements"]:
            assert scenario["name"] not in outcomes, scenario["name"]
            steps = {step["result"]["status"] for step in scenario["steps"]}
            outcomes[scenario["name"]] = (
                "failed" if "failed" in steps else "passed" if steps == {"passed"} else "skipped"
            )
    return program.returncode, outcomes


def scenarios(outcomes: dict[str, str], outcome: str) -> set[str]:
    return {name for name, found in outcomes.items() if found == outcome}


@pytest.fixture(scope="module")
def plans(stack: Stack) -> dict[str, Plan]:
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda name: plan(stack.look_at(name).terraform, TAGS), EXAMPLES.values())
        return dict(zip(EXAMPLES, found, strict=True))


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_complies(plans: dict[str, Plan], example: str, tmp_path: Path) -> None:
    code, outcomes = run(plans[example], tmp_path)
    assert scenarios(outcomes, "failed") == set()
    assert scenarios(outcomes, "skipped") <= MAY_BE_SKIPPED
    assert code == 0


def test_each_example_of_aws_is_looked_at() -> None:
    assert sorted(EXAMPLES) == test_addresses.EXAMPLES


def test_nothing_to_look_at_is_a_failure(plans: dict[str, Plan], tmp_path: Path) -> None:
    nothing = {"planned_values": {"root_module": {}}, "configuration": {"root_module": {}}, "resource_changes": []}
    plan = {key: value for key, value in plans["single-account"].items() if key != "prior_state"} | nothing
    code, outcomes = run(plan, tmp_path)
    assert scenarios(outcomes, "passed") == set()
    assert scenarios(outcomes, "skipped") == MAY_BE_SKIPPED
    assert code != 0


Change = Callable[[dict[str, Any]], None]


def put(**values: Any) -> Change:
    return lambda found: found.update(values)


def statement(effect: str, attribute: str = "policy", **values: Any) -> Change:
    """Change the last statement of this effect."""

    def change(found: dict[str, Any]) -> None:
        policy = json.loads(found[attribute])
        [*_, last] = [entry for entry in policy["Statement"] if entry["Effect"] == effect]
        last.update(values)
        found[attribute] = json.dumps(policy)

    return change


def variable(name: str, value: str = "x") -> Change:
    return lambda found: found["environment"][0]["variables"].update({name: value})


TOPIC = "arn:aws:sns:us-east-1:111122223333:deep-security-datadog"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:deep-security-datadog"
ACCOUNT = {"AWS": "arn:aws:iam::111122223333:root"}
NOT_TLS = {"Bool": {"aws:SecureTransport": "false"}}

# For each scenario, what of the example is changed, by the end of its address, and how. Each change alone fails it.
# A resource that the example does not have is added with the values given.
BREAKS: dict[str, list[tuple[str, Change]]] = {
    "Topics are encrypted with a key": [("aws_sns_topic.this", put(kms_master_key_id=""))],
    "Queues have an encryption setting": [("aws_sqs_queue.dead_letter", put(sqs_managed_sse_enabled=None))],
    "Queues without SSE-SQS have a customer managed key": [
        ("aws_sqs_queue.dead_letter", put(sqs_managed_sse_enabled=False)),
    ],
    "Customer managed keys are rotated": [
        ("aws_kms_key.added", put(enable_key_rotation=False, tags_all={"team": "security"}))
    ],
    "Requests without TLS are denied - row 0": [("aws_sns_topic.this", statement("Deny", Condition={}))],
    "Requests without TLS are denied - row 1": [("aws_sqs_queue.dead_letter", statement("Deny", Condition={}))],
    "Only Deny statements have a TLS condition - row 0": [
        ("aws_sns_topic.this", statement("Deny", Effect="Allow", Principal=ACCOUNT)),
    ],
    "Only Deny statements have a TLS condition - row 1": [
        ("aws_sqs_queue.this[0]", statement("Allow", Condition=NOT_TLS | {"ArnEquals": {"aws:SourceArn": TOPIC}})),
    ],
    "Only SNS sends to the queues": [
        ("aws_sqs_queue.dead_letter", statement("Allow", Principal="*")),
        ("aws_sqs_queue.this[0]", statement("Allow", Principal={"AWS": [ACCOUNT["AWS"], "*"]})),
        ("aws_sqs_queue.this[0]", statement("Allow", Principal={"Service": "events.amazonaws.com"})),
    ],
    "Only given topics send to the queues": [
        ("aws_sqs_queue.dead_letter", statement("Allow", Condition={})),
        (
            "aws_sqs_queue.this[0]",
            statement("Allow", Condition={"ArnLike": {"aws:SourceArn": [TOPIC, "arn:aws:sns:*:*:*"]}}),
        ),
    ],
    "Topic policies admit only accounts, users and roles": [
        ("aws_sns_topic.this", statement("Allow", Principal="*")),
        ("aws_sns_topic.this", statement("Allow", Principal={"AWS": [ACCOUNT["AWS"], "*"]})),
    ],
    "Subscribers may subscribe only one endpoint - row 0": [
        ("aws_sns_topic.this", statement("Allow", Condition={"StringEquals": {"SNS:Protocol": "sqs"}})),
        (
            "aws_sns_topic.this",
            statement("Allow", Condition={"StringLike": {"SNS:Protocol": "sqs", "SNS:Endpoint": "*"}}),
        ),
    ],
    "Subscribers may subscribe only one endpoint - row 1": [
        ("aws_sns_topic.this", statement("Allow", Condition={"StringEquals": {"SNS:Endpoint": QUEUE}})),
    ],
    "Only Lambda assumes the role": [
        ("aws_iam_role.this", statement("Allow", "assume_role_policy", Principal={"AWS": "*"})),
        ("aws_iam_role.this", statement("Allow", "assume_role_policy", Principal={"Service": "ec2.amazonaws.com"})),
    ],
    "The function's role allows only what forwarding needs": [
        ("aws_iam_role_policy.this", statement("Allow", Action="*")),
        ("aws_iam_role_policy.this", statement("Allow", Action=["sqs:SendMessage", "sqs:PurgeQueue"])),
    ],
    "The function's role names every resource": [
        ("aws_iam_role_policy.this", statement("Allow", Resource="*")),
        ("aws_iam_role_policy.this", statement("Allow", Resource=[QUEUE, f"{QUEUE}*"])),
    ],
    "Deep Security's user may only publish and use the topic's key": [
        ("aws_iam_policy.this", statement("Allow", Action="sns:*")),
        ("aws_iam_policy.this", statement("Allow", Action=["sns:Publish", "sns:Subscribe"])),
    ],
    "Deep Security's user may publish only to given topics": [
        ("aws_iam_policy.this", statement("Allow", Resource="*")),
        ("aws_iam_policy.this", statement("Allow", Resource=[TOPIC, f"{TOPIC}*"])),
    ],
    **{
        f"Roles and users have no other policies - row {row}": [(f"{kind}.added", put(name="added"))]
        for row, kind in enumerate(
            [
                "aws_iam_policy_attachment",
                "aws_iam_role_policy_attachment",
                "aws_iam_user_policy",
                "aws_iam_user_group_membership",
            ]
        )
    },
    "The environment contains nothing that looks like an API key": [
        ("aws_lambda_function.this", variable("NOTE", "key=0123456789abcdef0123456789abcdef")),
    ],
    **{
        f"The environment has no variable for a key - row {row}": [("aws_lambda_function.this", variable(name))]
        for row, name in enumerate(["DD_API_KEY", "DD_APP_KEY", "AWS_SECRET_ACCESS_KEY"])
    },
    "The API key is stored outside Terraform": [("aws_secretsmanager_secret_version.added", put(secret_string="x"))],
    "Access keys are created outside Terraform": [("aws_iam_access_key.added", put(user="added"))],
    "Log groups have a retention period": [("aws_cloudwatch_log_group.this", put(retention_in_days=0))],
    "Queues have a dead-letter queue": [("aws_sqs_queue.this[0]", put(redrive_policy=""))],
    "Messages are received at least five times": [
        (
            "aws_sqs_queue_redrive_policy.this[0]",
            put(redrive_policy={"deadLetterTargetArn": QUEUE, "maxReceiveCount": 4}),
        ),
    ],
    "Subscriptions have a dead-letter queue": [('aws_sns_topic_subscription.queue["created"]', put(redrive_policy=""))],
    "Every resource has the tag": [
        ('aws_cloudwatch_metric_alarm.this["function-errors"]', put(tags_all={})),
        ("aws_iam_user.this", put(tags_all={"team": "other"})),
    ],
}


def rounds() -> list[dict[str, tuple[str, Change]]]:
    """All changes in few plans, by scenario; in one plan no resource is changed twice, so that none hides another."""
    found: list[dict[str, tuple[str, Change]]] = []
    for scenario, changes in BREAKS.items():
        for address, change in changes:
            free = (
                plan for plan in found if scenario not in plan and address not in {taken for taken, _ in plan.values()}
            )
            plan = next(free, None)
            if plan is None:
                found.append(plan := {})
            plan[scenario] = (address, change)
    return found


def broken(plan: Plan, changes: Iterable[tuple[str, Change]]) -> Plan:
    """terraform-compliance takes the values from `resource_changes` before all others."""
    plan = copy.deepcopy(plan)
    for address, change in changes:
        kind, _, name = address.partition(".")
        entries = [
            entry
            for entry in plan["resource_changes"]
            if entry["address"].endswith(f".{address}") or entry["address"] == address
        ]
        if name == "added":
            assert entries == []
            added = {
                "address": address,
                "mode": "managed",
                "type": kind,
                "name": name,
                "change": {"actions": ["create"], "after": {}},
            }
            plan["resource_changes"].append(added)
            entries = [added]
        [entry] = entries
        change(entry["change"]["after"])
    return plan


def test_each_scenario_is_broken(plans: dict[str, Plan], tmp_path: Path) -> None:
    assert set(run(plans["single-account"], tmp_path)[1]) == set(BREAKS)


@pytest.mark.parametrize("changes", [pytest.param(changes, id=str(index)) for index, changes in enumerate(rounds())])
def test_what_is_broken_fails(plans: dict[str, Plan], tmp_path: Path, changes: dict[str, tuple[str, Change]]) -> None:
    code, outcomes = run(broken(plans["single-account"], changes.values()), tmp_path)
    assert scenarios(outcomes, "failed") == set(changes)
    assert code != 0
