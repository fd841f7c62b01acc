"""One topic in a security account, publishers in two other accounts, as examples/one-topic makes them."""

from pathlib import Path

import pytest

from tests.end_to_end.compliance import applied, assert_complies
from tests.end_to_end.leftovers import assert_destroy_leaves_nothing
from tests.end_to_end.stack import Copy
from tools import samples

SECURITY = "222233334444"
MEMBERS = {"production": "333344445555", "staging": "666677778888"}
REGION = "eu-central-1"


def test_events_of_both_accounts_arrive_once(one_topic: Copy) -> None:
    events = samples.events_of(samples.messages()["SystemEvent"])[:2]
    for account, event in zip(MEMBERS.values(), events, strict=True):
        samples.publish(one_topic.aws.client("sns", account, REGION), one_topic.outputs["topic_arn"], [event])
    received = one_topic.received(2)
    assert {tag for event in received for tag in event["tags"] if tag.startswith("topic_account:")} == {
        f"topic_account:{SECURITY}"
    }
    assert len({event["text"] for event in received}) == 2


def test_second_plan_is_empty(one_topic: Copy) -> None:
    assert one_topic.changes() == {}


def test_it_complies(one_topic: Copy, tmp_path: Path) -> None:
    assert_complies(applied(one_topic), tmp_path)


@pytest.mark.destroys
def test_destroy_leaves_nothing(one_topic: Copy) -> None:
    assert_destroy_leaves_nothing(one_topic, [(account, REGION) for account in (SECURITY, *MEMBERS.values())], "key")
