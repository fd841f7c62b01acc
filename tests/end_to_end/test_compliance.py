"""terraform-compliance over the examples as applied: all of tests/compliance passes, and each scenario can fail."""

import copy
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.end_to_end.compliance import MAY_BE_SKIPPED, Plan, applied, assert_complies, run, scenarios
from tests.end_to_end.stack import Stack

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
        changed = plan["resource_changes"]
        entries = [entry for entry in changed if f".{entry['address']}".endswith(f".{address}")]
        if name == "added":
            assert entries == []
            create = {"actions": ["create"], "after": {}}
            entries = [{"address": address, "mode": "managed", "type": kind, "name": name, "change": create}]
            changed += entries
        [entry] = entries
        change(entry["change"]["after"])
    return plan


def test_the_example_complies_and_each_scenario_can_fail(stack: Stack, tmp_path: Path) -> None:
    with stack.copy("example") as example:
        plan = applied(example)
    assert set(assert_complies(plan, tmp_path)) == set(BREAKS)
    for changes in rounds():
        code, outcomes = run(broken(plan, changes.values()), tmp_path)
        assert scenarios(outcomes, "failed") == set(changes)
        assert code != 0
    nothing = {"planned_values": {"root_module": {}}, "configuration": {"root_module": {}}, "resource_changes": []}
    code, outcomes = run({key: value for key, value in plan.items() if key != "prior_state"} | nothing, tmp_path)
    assert scenarios(outcomes, "passed") == set()
    assert scenarios(outcomes, "skipped") == MAY_BE_SKIPPED
    assert code != 0
