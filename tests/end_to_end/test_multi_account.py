"""A security account and two member accounts, one of them in another region, as examples/multi-account makes them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.compliance import applied, assert_complies
from tests.end_to_end.leftovers import assert_destroy_leaves_nothing
from tests.end_to_end.stack import Copy
from tests.end_to_end.traffic import Received
from tools import samples
from tools.emulator import Emulator

SECURITY = "999900001111"
MEMBERS = {"production": ("444455556666", "eu-central-1"), "staging": ("777788889999", "us-east-1")}


def publish(accounts: Copy, member: str, message: samples.Message) -> None:
    sns = accounts.aws.client("sns", *MEMBERS[member])
    samples.publish(sns, accounts.outputs["topic_arns"][member], message)


def topic_accounts(received: Received) -> list[str]:
    return sorted(tag for event in received for tag in event["tags"] if tag.startswith("topic_account:"))


def subscription(accounts: Copy, member: str) -> dict[str, Any]:
    """The subscription's attributes as the security account sees them in the region of the topic."""
    _, region = MEMBERS[member]
    sns = accounts.aws.client("sns", SECURITY, region)
    member_sns = accounts.aws.client("sns", *MEMBERS[member])
    [found] = member_sns.list_subscriptions_by_topic(TopicArn=accounts.outputs["topic_arns"][member])["Subscriptions"]
    return dict(sns.get_subscription_attributes(SubscriptionArn=found["SubscriptionArn"])["Attributes"])


def test_events_of_both_accounts_arrive_once(accounts: Copy) -> None:
    for member, event in zip(MEMBERS, samples.events_of(samples.messages()["SystemEvent"]), strict=False):
        publish(accounts, member, [event])
    assert topic_accounts(accounts.received(2)) == ["topic_account:444455556666", "topic_account:777788889999"]


def test_each_topic_is_in_its_account_and_region(accounts: Copy) -> None:
    assert accounts.outputs["topic_arns"] == {
        member: f"arn:aws:sns:{region}:{account}:deep-security-datadog" for member, (account, region) in MEMBERS.items()
    }


def test_subscriptions_belong_to_the_security_account_with_a_dead_letter_queue_in_its_region(accounts: Copy) -> None:
    production, staging = (subscription(accounts, member) for member in MEMBERS)
    assert production["Owner"] == staging["Owner"] == SECURITY
    queue = f"arn:aws:sqs:eu-central-1:{SECURITY}:deep-security-datadog-dead-letter"
    assert json.loads(production["RedrivePolicy"]) == {"deadLetterTargetArn": queue}
    assert not staging.get("RedrivePolicy")


def test_second_plan_is_empty(accounts: Copy) -> None:
    assert accounts.changes() == {}


def test_it_complies(accounts: Copy, tmp_path: Path) -> None:
    assert_complies(applied(accounts), tmp_path)


@pytest.mark.destroys
def test_one_account_is_removed_and_the_other_goes_on(accounts: Copy) -> None:
    without(accounts.terraform.folder, "staging")
    accounts.terraform.apply()
    topics, users = zip(*(left(accounts.aws, member) for member in MEMBERS), strict=True)
    assert [len(found) for found in topics] == [1, 0]
    assert [len(found) for found in users] == [1, 0]
    publish(accounts, "production", samples.events_of(samples.messages()["SystemEvent"])[:1])
    assert topic_accounts(accounts.received(1)) == ["topic_account:444455556666"]


@pytest.mark.destroys
def test_destroy_leaves_nothing(accounts: Copy) -> None:
    assert_destroy_leaves_nothing(accounts, {*MEMBERS.values(), (SECURITY, "eu-central-1"), (SECURITY, "us-east-1")})


def without(folder: Path, member: str) -> None:
    """Remove an account as the README says: its module block and its entry in the list."""
    for name, pattern in (
        ("main.tf", rf"^ +module\.{member}\.member,\n"),
        (f"account_{member}.tf", rf'^module "{member}" .*?^}}\n'),
    ):
        path = folder / name
        text, times = re.subn(pattern, "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
        assert times == 1, name
        path.write_text(text)


def left(aws: Emulator, member: str) -> tuple[list[Any], list[Any]]:
    account, region = MEMBERS[member]
    return aws.client("sns", account, region).list_topics()["Topics"], aws.client("iam", account).list_users()["Users"]
