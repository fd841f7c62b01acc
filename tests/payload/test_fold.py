"""Which events of a message are identical, and what one that stands for others knows of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deep_security_datadog.envelope import Notification
from deep_security_datadog.event import Event
from deep_security_datadog.fold import Repeats, fold, identity
from tests.support import item

PACKET = {
    "EventType": "PacketLog",
    "TenantID": 0,
    "Hostname": "web-1",
    "Reason": "Out Of Allowed Policy",
    "Action": 1,
}


@given(st.lists(st.one_of(st.none(), st.sampled_from("abcd"))))
def test_a_partition_in_order_that_folds_no_further(titles: list[str | None]) -> None:
    """Events with a title have an identity; without one they are never folded."""
    items = [item({"EventType": "SystemEvent", "EventID": n, "Title": title}) for n, title in enumerate(titles)]
    folded = fold(items)
    ids = [[(entry.properties or {})["EventID"] for entry in one.entries] for one in folded]
    assert sorted(number for members in ids for number in members) == list(range(len(titles)))
    assert all(members == sorted(members) for members in ids)
    assert [members[0] for members in ids] == sorted(members[0] for members in ids)
    assert all(len({titles[number] for number in members}) == 1 for members in ids)
    assert all(len(members) == 1 for members in ids if titles[members[0]] is None)
    assert [one.repeats.total if one.repeats else 1 for one in folded] == [len(members) for members in ids]
    assert fold(folded) == folded


def test_events_of_different_notifications_are_not_folded() -> None:
    """A record from a redrive can hold several messages."""
    one, other = (item(PACKET, Notification(message_id=name)) for name in "ab")
    assert fold([one, other]) == [one, other]


@pytest.mark.parametrize(
    "change",
    [
        {"TenantID": 1},
        {"EventType": "PayloadLog"},
        {"Hostname": "web-2"},
        {"HostInstanceID": "i-1"},
        {"Reason": "Another"},
        {"Action": 6},
        # A more severe one is not hidden behind a less severe one.
        {"Rank": 1000},
    ],
)
def test_differences_that_count(change: dict[str, Any]) -> None:
    assert identity(Event(PACKET)) != identity(Event({**PACKET, **change}))


def test_differences_that_do_not_count() -> None:
    other = {"EventID": 7, "LogDate": "2024-05-14T09:40:00Z", "SourceIP": "203.0.113.9", "DestinationPort": 22}
    assert identity(Event(PACKET)) == identity(Event({**PACKET, **other})) is not None


def test_system_events_about_different_things_differ() -> None:
    event = {"EventType": "SystemEvent", "Title": "Synchronized", "TargetType": "AmazonAccount", "TargetName": "one"}
    assert identity(Event(event)) != identity(Event({**event, "TargetName": "two"}))


def test_a_type_without_rules_differs_by_its_subject() -> None:
    event = {"EventType": "WebReputationEvent", "Hostname": "web-1", "URL": "http://one.example"}
    assert identity(Event(event)) != identity(Event({**event, "URL": "http://two.example"}))


@pytest.mark.parametrize("event", [{}, {"EventID": 1}, {"EventType": "TestSNS"}, {"EventType": "WebReputationEvent"}])
def test_an_event_that_nothing_identifies_is_not_folded(event: dict[str, Any]) -> None:
    assert identity(Event(event)) is None


def test_first_and_last_are_by_time_not_by_place() -> None:
    times = ["2024-05-14T09:42:00Z", None, "2024-05-14T09:40:00Z", "no time", "2024-05-14T11:41:00+02:00"]
    assert Repeats.of(Event({"LogDate": time}) for time in times) == Repeats(
        total=5,
        first=datetime(2024, 5, 14, 9, 40, tzinfo=UTC),
        last=datetime(2024, 5, 14, 9, 42, tzinfo=UTC),
    )
    assert Repeats.of([Event({}), Event({})]) == Repeats(total=2)
