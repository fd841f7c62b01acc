"""One event: its host, severity, rank and time, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from deep_security_datadog.deep_security.event import Event, Host
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.deep_security.facts import first_of
from deep_security_datadog.deep_security.severity import Severity
from tests.payload.strategies import PROPERTIES


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("10.0.5.82 (web) [i-0abc]", Host("10.0.5.82", "web", "i-0abc")),
        ("10.0.5.82 () [i-0abc]", Host("10.0.5.82", "", "i-0abc")),
        ("10.0.5.82 () []", Host("10.0.5.82", "", "")),
        ("127.0.0.1 (EC2AMAZ-X) [ws-abc123]", Host("127.0.0.1", "EC2AMAZ-X", "ws-abc123")),
        ("ubuntu", Host("ubuntu", "", "")),
        ("2001:db8::1", Host("2001:db8::1", "", "")),
        ("2001:db8::1 (db) [i-1]", Host("2001:db8::1", "db", "i-1")),
        ("web (blue) (green) [i-1]", Host("web", "blue) (green", "i-1")),
        ("", Host("", "", "")),
    ],
)
def test_display_names(shown: str, expected: Host) -> None:
    assert Host.from_display_name(shown) == expected


@pytest.mark.parametrize("part", [" (", " [", " x", "(a) ", "x"])
def test_of_a_long_display_name_only_the_beginning_is_read(part: str) -> None:
    assert sum(map(len, Host.from_display_name(part * 200_000))) <= 512


@pytest.mark.parametrize(
    ("host", "identifier", "display"),
    [
        (Host("10.0.5.82", "web", "i-1"), "i-1", "web"),
        (Host("web.example.com", "web", ""), "web.example.com", "web"),
        (Host("10.0.5.82", "web", ""), "web", "web"),
        (Host("10.0.5.82", "", "i-1"), "i-1", "10.0.5.82"),
        (Host("", "web", ""), "web", "web"),
        # A name rather than an address, whichever comes first.
        (Host("APP-NEW", "192.0.2.61", ""), "APP-NEW", "APP-NEW"),
        (Host("192.0.2.62", "APP-OLD", ""), "APP-OLD", "APP-OLD"),
        (Host("2001:db8::1", "APP-OLD", ""), "APP-OLD", "APP-OLD"),
        (Host("192.0.2.62", "2001:db8::1", ""), "192.0.2.62", "2001:db8::1"),
        (Host("192.0.2.62", "", ""), "192.0.2.62", "192.0.2.62"),
        (Host("db8", "192.0.2.61", "i-1"), "i-1", "db8"),
        (Host("", "", "i-1"), "i-1", "i-1"),
        # Without a name it is shown by its address.
        (Host("", "", "", "192.0.2.63", "GUID"), "192.0.2.63", "192.0.2.63"),
        (Host("192.0.2.62", "", "", "192.0.2.63", "GUID"), "192.0.2.62", "192.0.2.62"),
        # An identifier rather than what every computer calls itself.
        (Host("localhost", "", "", "192.0.2.63", "GUID"), "192.0.2.63", "192.0.2.63"),
        (Host("127.0.0.1", "localhost.localdomain", "", "", "GUID"), "GUID", "computer GUID"),
        (Host("::1", "", "i-1", "127.0.0.1"), "i-1", "i-1"),
        (Host("localhost6.localdomain6"), "", "localhost6.localdomain6"),
        (Host("localhost.example.com"), "localhost.example.com", "localhost.example.com"),
        (Host(uid="7"), "7", "computer 7"),
        (Host(), "", ""),
    ],
)
def test_names_of_a_host(host: Host, identifier: str, display: str) -> None:
    assert (host.id, host.display) == (identifier, display)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Hostname": "a (b) [i-old]", "HostInstanceID": "i-new"}, Host("a", "b", "i-new")),
        ({"Hostname": "a (b) [i-old]", "HostInstanceID": " "}, Host("a", "b", "i-old")),
        ({"HostInstanceID": "i-new"}, Host("", "", "i-new")),
        # A system event is about its target, if that is a computer.
        ({"TargetType": "Host", "TargetName": "a (b) [i-1]"}, Host("a", "b", "i-1")),
        ({"TargetType": "AmazonAccount", "TargetName": "x"}, Host()),
        ({"Hostname": "a", "TargetType": "Host", "TargetName": "b"}, Host("a")),
        ({"HostGUID": "G", "HostID": 7, "HostLastIPUsed": "192.0.2.1"}, Host("", "", "", "192.0.2.1", "G")),
        ({"HostID": 7}, Host(uid="7")),
        ({"TargetType": "Host", "TargetName": "Unknown Computer", "TargetID": 7}, Host(uid="7")),
        ({"TargetType": "User", "TargetID": 7}, Host()),
        ({"Hostname": "Unknown Computer"}, Host()),
        ({"Hostname": "Unknown Computer (192.0.2.1)"}, Host("", "192.0.2.1")),
    ],
)
def test_host(properties: dict[str, Any], expected: Host) -> None:
    assert Event(properties).host == expected


@pytest.mark.parametrize(
    ("properties", "known", "severity"),
    [
        ({"EventType": "PayloadLog", "Severity": 3}, Severity.HIGH, Severity.HIGH),
        ({"EventType": "SystemEvent", "Severity": 1}, Severity.INFO, Severity.INFO),
        ({"EventType": "PayloadLog"}, None, Severity.INFO),
    ],
)
def test_severity(properties: dict[str, Any], known: Severity | None, severity: Severity) -> None:
    event = Event(properties)
    assert (event.known_severity, event.severity) == (known, severity)


@pytest.mark.parametrize(("value", "rank"), [(50, 50), ("50", 50), (0, 0), ("", None), (None, None), (True, None)])
def test_rank(value: object, rank: float | None) -> None:
    assert Event({"Rank": value}).rank == rank


def test_time() -> None:
    event = Event({"LogDate": "2024-05-14T09:20:10.133Z"})
    assert event.time == datetime(2024, 5, 14, 9, 20, 10, 133_000, UTC)
    assert Event({}).time is Event({"LogDate": "2016-08- 04"}).time is None


def test_texts_are_the_properties_that_hold_something() -> None:
    properties = {"Reason": " r ", "Port": 0, "Flag": False, "Tags": {"a": 1}, "Empty": "", "Blank": " ", "None": None}
    properties |= {"User": "N/A", "OSSEC_URL": "-"}
    assert Event(properties).texts == {"Reason": "r", "Port": "0", "Flag": "false", "Tags": '{"a":1}'}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"EventType": "PacketLog", "TenantID": 0, "Hostname": "web", "Reason": "R"}, ("0", "PacketLog", "web", "R")),
        (
            {"EventType": "NewEvent", "TenantName": "Blue", "Title": "T"},
            ("Blue", "NewEvent", "", "", "T", "", "", "", ""),
        ),
        ({"EventType": "PacketLog", "Hostname": "web"}, None),
        ({}, None),
    ],
)
def test_identity(properties: dict[str, Any], expected: tuple[str, ...] | None) -> None:
    event = Event(properties)
    assert event.identity == expected


CONTAINERS: tuple[dict[str, Any], ...] = (
    {"ContainerID": "c1", "ContainerName": "n1"},
    {"ContainerID": "c2", "ContainerName": "n1"},
    {"ContainerID": "c1", "ContainerName": "n2"},
    {"ContainerImageName": "i1"},
    {"ImageName": "i2"},
    {"PodID": "p1"},
    {},
)


@pytest.mark.parametrize("name", sorted(set(EVENT_TYPES) - {"TestSNS"}))
def test_who_it_happened_to_is_part_of_the_identity(name: str) -> None:
    """Tenant, host and what sits below the host, for each type."""
    subject = {"Title": "t", "Reason": "r", "MalwareName": "m", "URL": "u", "Action": "a", "DeviceName": "d"}
    subject |= {"EventType": name, "OSSEC_Description": "o"}
    hosts: list[dict[str, Any]] = [{"Hostname": "a"}, {"HostGUID": "g1"}, {"HostGUID": "g2"}, {"HostID": 1}]
    hosts += [{"Hostname": "localhost", "HostGUID": "g4"}, {"Hostname": "127.0.0.1", "HostGUID": "g5"}]
    hosts += [{"HostID": 2}, {"HostLastIPUsed": "192.0.2.1"}, {"Hostname": "Unknown Computer", "HostGUID": "g3"}]
    others: tuple[dict[str, Any], ...] = (
        {"TenantID": 1},
        {"TenantName": "x"},
        {"TenantGUID": "y"},
        *hosts,
        *CONTAINERS,
    )
    identities = [Event({**subject, **each}).identity for each in others]
    assert None not in identities and len(set(identities)) == len(others)


BEHAVIOR = {"EventType": "AntiMalwareEvent", "Hostname": "web", "MalwareName": "BEHAVIOR", "BehaviorType": "Exploit"}


@pytest.mark.parametrize(
    "name", ["BehaviorRuleId", "BehaviorType", "AMTarget", "ProcessName", "CommandLine", "InfectedFilePath"]
)
def test_behavior_is_what_did_what_to_what(name: str) -> None:
    assert Event(BEHAVIOR).identity != Event({**BEHAVIOR, name: "other"}).identity


@pytest.mark.parametrize("name", ["Reason", "Title", "TargetName", "FileName", "InfectedFilePath", "Key", "URL"])
def test_what_an_unknown_type_is_about(name: str) -> None:
    event = {"EventType": "NewEvent", "Title": "T", "Reason": "R"}
    assert Event(event).identity != Event({**event, name: "other"}).identity


def test_another_tag_changes_no_identity() -> None:
    event = Event({"EventType": "PacketLog", "Reason": "R", "Hostname": "web", "Interface": "eth0"})
    before = event.identity
    event.event_type = event.event_type._replace(tags={**event.event_type.tags, "interface": first_of("Interface")})
    assert event.identity == before == ("", "PacketLog", "web", "R")


def test_the_test_notification() -> None:
    assert Event({"EventType": "TestSNS"}).is_test
    assert not Event({"EventType": "SystemEvent"}).is_test and not Event({}).is_test


@given(PROPERTIES)
def test_any_object_is_an_event(properties: dict[str, Any]) -> None:
    event = Event(properties)
    assert event.event_type.module and event.severity in Severity
    assert all(text == text.strip() != "" for text in event.texts.values())
