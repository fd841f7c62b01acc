"""Which events of a message are identical, and what one that stands for others knows of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.aws.envelope import Notification
from deep_security_datadog.datadog.item import Repeats
from deep_security_datadog.datadog.text import title
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.fold import fold, fold_key
from tests.support import item

# Events of few values, so that the same one comes often.
VALUES = st.sampled_from(["a", "b", "N/A", "", 0, 1, 2, 3, 130, 190, "192.0.2.1", "w (db) [i-1]", "//a/b", "Alert: a"])
FACTS = {name for row in EVENT_TYPES.values() for fact in row.facts for name in fact.properties}
NAMES = st.sampled_from(
    sorted(FACTS | {"Severity", "SeverityString", "Rank", "HostAssetValue", "Hostname", "HostInstanceID"})
)
EVENT = st.builds(
    lambda name, properties: {"EventType": name, **properties},
    st.sampled_from(sorted(EVENT_TYPES)),
    st.fixed_dictionaries({"Reason": VALUES, "Title": VALUES}, optional={"Hostname": VALUES, "Description": VALUES}),
)

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
    ids = [[entry["EventID"] for entry in one.entries] for one in folded]
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
    assert fold_key(Event(PACKET)) != fold_key(Event({**PACKET, **change}))


def test_one_instance_under_two_names() -> None:
    event = {**PACKET, "HostInstanceID": "i-1"}
    assert fold_key(Event(event)) != fold_key(Event({**event, "Hostname": "web-2"}))


def test_differences_that_do_not_count() -> None:
    other = {"EventID": 7, "LogDate": "2024-05-14T09:40:00Z", "SourceIP": "203.0.113.9", "DestinationPort": 22}
    assert fold_key(Event(PACKET)) == fold_key(Event({**PACKET, **other})) is not None


def test_system_events_about_different_things_differ() -> None:
    event = {"EventType": "SystemEvent", "Title": "Synchronized", "TargetType": "AmazonAccount", "TargetName": "one"}
    assert fold_key(Event(event)) != fold_key(Event({**event, "TargetName": "two"}))


@pytest.mark.parametrize(
    ("event", "change", "same"),
    [
        ({"EventType": "WebReputationEvent", "URL": "http://one.example/a"}, {"URL": "http://two.example/a"}, False),
        ({"EventType": "WebReputationEvent", "URL": "http://one.example/a"}, {"URL": "http://one.example/b?c"}, True),
        ({"EventType": "IntegrityEvent", "Reason": "R", "Key": "/bin/ls"}, {"Key": "/usr/sbin/sshd"}, False),
        ({"EventType": "IntegrityEvent", "Reason": "R", "Key": "/bin/ls"}, {"Process": "yum"}, True),
        ({"EventType": "LogInspectionEvent", "Reason": "R", "OSSEC_RuleID": 1}, {"OSSEC_RuleID": 2}, False),
        (
            {"EventType": "LogInspectionEvent", "Reason": "R", "OSSEC_Description": "a"},
            {"OSSEC_Description": "b"},
            False,
        ),
        ({"EventType": "LogInspectionEvent", "Reason": "R", "OSSEC_Log": "a"}, {"OSSEC_Log": "b"}, True),
        ({"EventType": "SystemEvent", "Number": 190, "Description": "Alert: A"}, {"Description": "Alert: B"}, False),
        ({"EventType": "SystemEvent", "Number": 190, "Description": "Alert: A"}, {"Number": 192}, False),
        (
            {"EventType": "AntiMalwareEvent", "MalwareName": "M", "InfectedFilePath": "/a"},
            {"InfectedFilePath": "/b"},
            False,
        ),
        ({"EventType": "AntiMalwareEvent", "MalwareName": "M", "ScanAction1": 3}, {"ScanResultAction1": 0}, False),
        ({"EventType": "AppControlEvent", "Action": "A", "FileName": "x", "Path": "/a"}, {"Path": "/b"}, False),
        ({"EventType": "DeviceControlEvent", "DeviceName": "D", "DeviceSerial": "1"}, {"DeviceSerial": "2"}, False),
    ],
)
def test_what_tells_events_of_a_type_apart(event: dict[str, Any], change: dict[str, Any], same: bool) -> None:
    one = fold_key(Event({"Title": "T", **event}))
    assert one is not None
    assert (one == fold_key(Event({"Title": "T", **event, **change}))) is same


@settings(max_examples=500)
@given(EVENT, st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
def test_events_that_differ_in_their_title_are_never_folded(one: dict[str, Any], change: dict[str, Any]) -> None:
    other = {**one, **change}
    events = Event(one), Event(other)
    if len({title(event) for event in events}) == 2:
        assert len(fold([item(one), item(other)])) == 2


@pytest.mark.parametrize("event", [{}, {"EventID": 1}, {"EventType": "TestSNS"}, {"EventType": "WebReputationEvent"}])
def test_an_event_that_nothing_identifies_is_not_folded(event: dict[str, Any]) -> None:
    assert fold_key(Event(event)) is None


def test_first_and_last_are_by_time_not_by_place() -> None:
    times = ["2024-05-14T09:42:00Z", None, "2024-05-14T09:40:00Z", "no time", "2024-05-14T11:41:00+02:00"]
    (folded,) = fold([item({**PACKET, "LogDate": time}) for time in times])
    assert folded.repeats == Repeats(
        total=5,
        first=datetime(2024, 5, 14, 9, 40, tzinfo=UTC),
        last=datetime(2024, 5, 14, 9, 42, tzinfo=UTC),
    )
    (folded,) = fold([item(PACKET), item(PACKET)])
    assert folded.repeats == Repeats(total=2)
