"""Which events are kept, and why others are not."""

from __future__ import annotations

from typing import Any

import pytest

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.filter import Filter
from tests.support import sample

IPS = {
    "EventType": "PayloadLog",
    "Severity": 3,
    "Rank": 50,
    "Hostname": "web-1",
    "HostCloudInstanceTags": {
        "env": "dev",
        "aws:autoscaling.group": "blue",
        "owner": {"team": "red.one"},
        "a.b": {"c": 1},
    },
    "DetectOnly": True,
    "Ports": [80, [443, "8443"]],
}
SYSTEM = {"EventType": "SystemEvent", "Severity": 1}


def reason(options: dict[str, Any], event: dict[str, Any]) -> str | None:
    return Filter.from_options(options).reason_to_drop(Event(event))


@pytest.mark.parametrize(
    ("options", "event", "expected"),
    [
        ({}, IPS, None),
        ({}, {}, None),
        ({"event_types": None}, {"EventType": "OfTomorrow"}, None),
        ({"event_types": ["PayloadLog"]}, IPS, None),
        ({"event_types": ["PayloadLog"]}, SYSTEM, "event_types"),
        ({"rank_greater_than": 49}, IPS, None),
        ({"rank_greater_than": 50}, IPS, "rank_greater_than"),
        ({"rank_greater_than": 49}, {**IPS, "Rank": "50"}, None),
        ({"rank_greater_than": 50}, {**IPS, "Rank": "50"}, "rank_greater_than"),
        ({"rank_greater_than": 50}, SYSTEM, None),
        ({"rank_greater_than": 50, "unranked_events": "drop"}, SYSTEM, "rank_greater_than"),
        ({"minimum_severity": "high"}, IPS, None),
        ({"minimum_severity": "critical"}, IPS, "minimum_severity"),
        ({"exclude": [{"Hostname": "web-*"}]}, IPS, "exclude"),
        ({"exclude": [{"Hostname": "web-*", "Rank": "1"}]}, IPS, None),
        ({"exclude": [{"Hostname": "db-*"}, {"Hostname": "web-?"}]}, IPS, "exclude"),
        ({"exclude": [{"Absent": "*"}]}, IPS, None),
    ],
)
def test_reason_to_drop(options: dict[str, Any], event: dict[str, Any], expected: str | None) -> None:
    assert reason(options, event) == expected


@pytest.mark.parametrize(
    ("name", "glob", "matches"),
    [
        # Case-sensitive, and of the whole value.
        ("Hostname", "web-1", True),
        ("Hostname", "WEB-*", False),
        ("hostname", "web-1", False),
        ("Hostname", "eb-", False),
        ("Hostname", "web-[0-9]", True),
        ("Hostname", "web-[!0-9]", False),
        # Nested: a dot leads into an object, or is part of a name.
        ("HostCloudInstanceTags.env", "dev", True),
        ("HostCloudInstanceTags.env", "DEV", False),
        ("HostCloudInstanceTags.aws:autoscaling.group", "blue", True),
        ("HostCloudInstanceTags.owner.team", "red.*", True),
        ("HostCloudInstanceTags.owner.absent", "*", False),
        ("HostCloudInstanceTags.a.b.c", "1", True),
        ("HostCloudInstanceTags.env.deeper", "*", False),
        # An object or list as a whole is its JSON.
        ("HostCloudInstanceTags.owner", '{"team":"red.one"}', True),
        ("Ports", '[[]80,[[]443,"8443"]]', True),
        ("Ports", "*443*", True),
        ("Ports.0", "*", False),
        # Booleans and numbers as text.
        ("DetectOnly", "true", True),
        ("DetectOnly", "True", False),
        ("DetectOnly", "1", False),
        ("Severity", "3", True),
        ("Rank", "5?", True),
        ("Rank", "5", False),
    ],
)
def test_globs(name: str, glob: str, matches: bool) -> None:
    assert (reason({"exclude": [{name: glob}]}, IPS) == "exclude") is matches


@pytest.mark.parametrize("value", [3, "3", 3.0])
def test_a_number_is_the_same_however_it_is_written(value: object) -> None:
    assert reason({"exclude": [{"Severity": "3"}]}, {**IPS, "Severity": value}) == "exclude"
    assert reason({"exclude": [{"Severity": "3?"}]}, {**IPS, "Severity": value}) is None


@pytest.mark.parametrize("value", [3.5, 1e300, float("inf"), float("nan"), None, [3.0]])
def test_odd_numbers_are_compared_too(value: object) -> None:
    assert reason({"exclude": [{"Severity": "3"}]}, {**IPS, "Severity": value}) is None


def test_the_test_notification_passes() -> None:
    strict = {
        "event_types": ["PayloadLog"],
        "minimum_severity": "critical",
        "rank_greater_than": 9,
        "unranked_events": "drop",
        "exclude": [{"EventType": "T*"}],
    }
    assert reason(strict, sample("TestSNS")[0]) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"event_type": ["PayloadLog"]}, "unknown option 'event_type'"),
        ({"event_types": []}, "for all types leave it null"),
        ({"event_types": "PayloadLog"}, "event_types: expected a list of names"),
        ({"event_types": ["PayloadLog", "payloadlog"]}, "event_types: 'payloadlog' is none of AntiMalwareEvent, "),
        ({"event_types": ["TestSNS"]}, "'TestSNS'"),
        ({"event_types": [""]}, "event_types: '' is none of"),
        ({"rank_greater_than": -1}, "0 or more"),
        ({"rank_greater_than": "5"}, "0 or more"),
        ({"rank_greater_than": True}, "0 or more"),
        ({"unranked_events": "maybe"}, "unranked_events: expected keep or drop"),
        ({"minimum_severity": "urgent"}, "info, low, medium, high, critical"),
        ({"minimum_severity": ""}, "info, low, medium, high, critical"),
        ({"fold_repeats": "true"}, "fold_repeats: expected True or False"),
        ({"exclude": {}}, "exclude: expected a list of maps"),
        ({"exclude": [{}]}, "none of them empty"),
        ({"exclude": [{"Reason": "x"}, None]}, "exclude: expected a list of maps"),
        ({"exclude": [{"": "x"}]}, "is no name of a property"),
        ({"exclude": [{" ": "x"}]}, "is no name of a property"),
        ({"exclude": [{"*": "*"}]}, "only values are globs"),
        ({"exclude": [{"Reason": ""}]}, "no glob for Reason"),
        ({"exclude": [{"Reason": None}]}, "no glob for Reason"),
        ({"exclude": [{"Rank": 5}]}, "no glob for Rank"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("'", ".")):
        Filter.from_options(options)


@pytest.mark.parametrize(
    ("options", "everything"),
    [
        # What the globs match is not guessed.
        ({"exclude": [{"EventType": "*"}]}, False),
        ({"event_types": ["SystemEvent"], "minimum_severity": "critical"}, True),
        ({"event_types": ["SystemEvent"], "minimum_severity": "high"}, False),
        ({"event_types": ["AppControlEvent", "DeviceControlEvent"], "minimum_severity": "high"}, True),
        ({"event_types": ["AppControlEvent", "PacketLog"], "minimum_severity": "high"}, False),
        ({"event_types": ["AntiMalwareEvent"], "rank_greater_than": 0, "unranked_events": "drop"}, True),
        ({"event_types": ["AntiMalwareEvent"], "rank_greater_than": 0}, False),
        ({"event_types": ["AntiMalwareEvent"], "unranked_events": "drop"}, False),
        # Each type is dropped by another option.
        (
            {
                "event_types": ["AntiMalwareEvent", "PacketLog"],
                "rank_greater_than": 1,
                "unranked_events": "drop",
                "minimum_severity": "critical",
            },
            True,
        ),
    ],
)
def test_a_filter_that_nothing_passes_is_refused(options: dict[str, Any], everything: bool) -> None:
    if everything:
        with pytest.raises(ValueError, match="together drop everything"):
            Filter.from_options(options)
    else:
        Filter.from_options(options)
