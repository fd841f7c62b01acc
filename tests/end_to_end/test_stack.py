"""What Terraform makes and leaves: nothing to do a second time, no key anywhere, nothing after a destroy."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
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


@pytest.fixture(scope="module")
def copies(stack: Stack) -> tuple[Copy, Copy]:
    """The example with a queue, and a copy of the module without one."""
    return stack.look_at("example"), stack.look_at("direct")


@pytest.fixture(scope="module")
def changes(copies: tuple[Copy, Copy]) -> list[list[str]]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda copy: copy.changes(), copies))


def test_second_plan_is_empty(changes: list[list[str]]) -> None:
    assert changes == [[], []]


@pytest.mark.usefixtures("changes")
def test_api_key_in_no_state_and_no_plan(copies: tuple[Copy, Copy]) -> None:
    for copy in copies:
        files = {path.name: path for path in copy.terraform.folder.iterdir() if path.is_file()}
        assert {"terraform.tfstate", "plan"} <= set(files)
        for path in files.values():
            contents = [path.read_bytes()]
            if is_zipfile(path):
                with ZipFile(path) as archive:
                    contents += [archive.read(name) for name in archive.namelist()]
            assert not any(copy.api_key.encode() in content for content in contents), path.name
        # The search would find it: the URL is in there.
        assert copy.datadog.url.encode() in files["terraform.tfstate"].read_bytes()


def test_api_key_not_in_the_function(copies: tuple[Copy, Copy]) -> None:
    for copy in copies:
        function = copy.aws.client("lambda").get_function(FunctionName=copy.outputs["function_name"])
        assert copy.api_key not in json.dumps(function, default=str)
        assert copy.datadog.url in json.dumps(function, default=str)
        secret = copy.aws.client("secretsmanager").get_secret_value(SecretId=copy.outputs["secret_arn"])
        assert secret["SecretString"] == copy.api_key


def test_two_copies_share_nothing(copies: tuple[Copy, Copy]) -> None:
    first, second = (copy.outputs for copy in copies)
    assert {name for name in first if second.get(name) is None} == {"publisher_user_name", "queue_arn", "queue_url"}
    assert {name for name in first if first[name] == second.get(name)} == set()


def recursive_loop(copy: Copy) -> str:
    name = copy.outputs["function_name"]
    return str(copy.aws.client("lambda").get_function_recursion_config(FunctionName=name)["RecursiveLoop"])


def test_lambda_allows_a_chain_of_remainders(stack: Stack) -> None:
    for name in ("example", "chain"):
        assert recursive_loop(stack.look_at(name)) == "Allow", "a function with a queue should be allowed its loop"
    assert recursive_loop(stack.look_at("direct")) == "Terminate", (
        "a function without a queue should keep Lambda's default"
    )


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
