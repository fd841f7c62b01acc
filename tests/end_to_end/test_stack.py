"""What Terraform makes and leaves: nothing to do a second time, no key anywhere, nothing after a destroy."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pytest

from tests.end_to_end.stack import Copy, Stack
from tools.emulator import Emulator

# Of all that is applied.
PLACES = [
    ("111122223333", "us-east-1"),
    ("999900001111", "eu-central-1"),
    ("999900001111", "us-east-1"),
    ("444455556666", "eu-central-1"),
    ("777788889999", "us-east-1"),
    ("222233334444", "eu-central-1"),
    ("333344445555", "eu-central-1"),
    ("666677778888", "eu-central-1"),
]


def test_second_plan_is_empty_and_holds_no_api_key(queue: Copy, direct: Copy) -> None:
    """The example with a queue, and a copy of the module without one. Neither does the state."""
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(Copy.changes, (queue, direct))) == [{}, {}]
    for copy in (queue, direct):
        for name in ("terraform.tfstate", "plan"):
            contents = contents_of(copy.terraform.folder / name)
            assert not any(copy.api_key.encode() in content for content in contents), name
            # The search would find it: the URL is in there.
            assert any(copy.datadog.url.encode() in content for content in contents), name


def contents_of(path: Path) -> list[bytes]:
    """The file's, or those of each file of a zip, as a plan is one."""
    if not is_zipfile(path):
        return [path.read_bytes()]
    with ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_api_key_not_in_the_function(queue: Copy, direct: Copy) -> None:
    for copy in (queue, direct):
        function = copy.client("lambda").get_function(FunctionName=copy.outputs["function_name"])
        assert copy.api_key not in json.dumps(function, default=str)
        assert copy.datadog.url in json.dumps(function, default=str)
        secret = copy.client("secretsmanager").get_secret_value(SecretId=copy.outputs["secret_arn"])
        assert secret["SecretString"] == copy.api_key


def test_two_copies_share_nothing(queue: Copy, direct: Copy) -> None:
    first, second = queue.outputs, direct.outputs
    assert {name for name in first if second.get(name) is None} == {"publisher_user_name", "queue_arn", "queue_url"}
    assert {name for name in first if first[name] == second.get(name)} == set()


def test_lambda_allows_a_chain_of_remainders_and_without_a_queue_keeps_its_default(queue: Copy, direct: Copy) -> None:
    def recursive_loop(copy: Copy) -> str:
        functions, name = copy.client("lambda"), copy.outputs["function_name"]
        return str(functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"])

    assert (recursive_loop(queue), recursive_loop(direct)) == ("Allow", "Terminate")


def left(aws: Emulator, account: str, region: str) -> set[tuple[str, str, str, str]]:
    """Everything in the account's region of the kinds that modules and examples make, by its name."""

    def client(service: str) -> Any:
        return aws.client(service, account, region)

    keys = [key["KeyId"] for key in client("kms").list_keys()["Keys"]]
    secrets = client("secretsmanager").list_secrets()["SecretList"]
    found = {
        "topic": [topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]],
        "subscription": [found["SubscriptionArn"] for found in client("sns").list_subscriptions()["Subscriptions"]],
        "queue": client("sqs").list_queues().get("QueueUrls", []),
        "function": [function["FunctionName"] for function in client("lambda").list_functions()["Functions"]],
        "mapping": [each["UUID"] for each in client("lambda").list_event_source_mappings()["EventSourceMappings"]],
        "role": [role["RoleName"] for role in client("iam").list_roles()["Roles"]],
        "user": [user["UserName"] for user in client("iam").list_users()["Users"]],
        "policy": [policy["PolicyName"] for policy in client("iam").list_policies(Scope="Local")["Policies"]],
        "log group": [group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]],
        "alarm": [alarm["AlarmName"] for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "secret": [secret["ARN"] for secret in secrets if "DeletedDate" not in secret],
        # One that is removed stays for its waiting period.
        "key": [key for key in keys if in_use(client("kms").describe_key(KeyId=key)["KeyMetadata"])],
    }
    return {(account, region, kind, name) for kind, names in found.items() for name in names}


def in_use(key: dict[str, Any]) -> bool:
    return bool(key["KeyManager"] == "CUSTOMER") and key["KeyState"] != "PendingDeletion"


@pytest.mark.alone
@pytest.mark.destroys
def test_destroy_leaves_nothing(stack: Stack) -> None:
    def everything() -> set[tuple[str, str, str, str]]:
        return {found for place in PLACES for found in left(stack.aws, *place)}

    before = everything()
    kinds = "topic, subscription, queue, function, mapping, role, user, policy, log group, alarm, secret, key"
    assert {kind for _, _, kind, _ in before} == set(kinds.split(", ")), "nothing to look for"
    assert {account for account, *_ in before} >= {account for account, _ in PLACES} - {"777788889999"}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda root: root.destroy("-parallelism=100"), stack.roots.values()))
    assert everything() == set()
