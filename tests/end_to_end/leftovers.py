"""What a destroy leaves of an example whose accounts hold nothing else."""

from collections.abc import Iterable
from typing import Any

from tests.end_to_end.stack import Copy
from tools.emulator import Emulator

# Of everything that modules and examples make.
KINDS = {
    "topic", "subscription", "queue", "function", "mapping", "role", "user", "policy", "log group", "alarm", "secret",
}  # fmt: skip


def assert_destroy_leaves_nothing(copy: Copy, places: Iterable[tuple[str, str]], *kinds: str) -> None:
    """places: accounts and regions. kinds: what there is before besides KINDS."""

    def everything() -> set[tuple[str, str, str, str]]:
        return {found for place in places for found in left(copy.aws, *place)}

    assert {kind for _, _, kind, _ in everything()} == {*KINDS, *kinds}, "nothing to look for"
    copy.terraform.destroy("-parallelism=100")
    assert everything() == set()


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
