"""Which events are kept, and why others are not."""

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
    "HostCloudInstanceTags": {"env": "dev", "owner": {"team": "red.one"}, "a.b": {"c": 1}, "a": 1},
    "DetectOnly": True,
    "Ports": [80, [443, "8443"]],
}
SYSTEM = {"EventType": "SystemEvent", "Severity": 1}


def reason(options: dict[str, Any], event: dict[str, Any]) -> str | None:
    return Filter.from_options(options).reason_to_drop(Event(event))


@pytest.mark.parametrize(
    ("options", "event", "expected"),
    [
        ({}, IPS, None), ({}, {}, None), ({"event_types": []}, {"EventType": "OfTomorrow"}, None),
        ({"event_types": ["PayloadLog"]}, IPS, None), ({"event_types": ["PayloadLog"]}, SYSTEM, "event_types"),
        ({"rank_greater_than": 49}, IPS, None), ({"rank_greater_than": 50}, IPS, "rank_greater_than"),
        ({"rank_greater_than": 50}, {**IPS, "Rank": "50"}, "rank_greater_than"),
        ({"rank_greater_than": 50}, SYSTEM, None),
        ({"rank_greater_than": 50, "unranked_events": "drop"}, SYSTEM, "rank_greater_than"),
        ({"minimum_severity": "high"}, IPS, None), ({"minimum_severity": "critical"}, IPS, "minimum_severity"),
        ({"exclude": [{"Hostname": "web-*"}]}, IPS, "exclude"),
        ({"exclude": [{"Hostname": "web-*", "Rank": "1"}]}, IPS, None),
        ({"exclude": [{"Hostname": "db-*"}, {"Hostname": "web-?"}]}, IPS, "exclude"),
        ({"exclude": [{"Absent": "*"}]}, IPS, None),
    ],
)  # fmt: skip
def test_the_first_option_that_drops_an_event_is_the_reason(
    options: dict[str, Any], event: dict[str, Any], expected: str | None
) -> None:
    assert reason(options, event) == expected


@pytest.mark.parametrize(
    ("name", "glob", "matches"),
    [
        # Case-sensitive, and of the whole value.
        ("Hostname", "web-1", True),
        *(("Hostname", glob, False) for glob in ("WEB-*", "eb-", "web-[!0-9]")),
        # Nested: a dot leads into an object, or is part of a name.
        ("HostCloudInstanceTags.env", "dev", True),
        ("HostCloudInstanceTags.owner.team", "red.*", True),
        ("HostCloudInstanceTags.a.b.c", "1", True),
        ("HostCloudInstanceTags.env.deeper", "*", False),
        # An object or list as a whole is its JSON.
        ("HostCloudInstanceTags.owner", '{"team":"red.one"}', True),
        ("Ports", '[[]80,[[]443,"8443"]]', True),
        ("Ports", "*443*", True),
        ("Ports.0", "*", False),
        # Booleans and numbers as text.
        ("DetectOnly", "true", True), ("DetectOnly", "True", False), ("Severity", "3", True), ("Rank", "5?", True),
    ],
)  # fmt: skip
def test_a_glob_is_for_the_whole_text_of_a_property(name: str, glob: str, matches: bool) -> None:
    assert (reason({"exclude": [{name: glob}]}, IPS) == "exclude") is matches


@pytest.mark.parametrize("value", [3, "3", 3.0, 3.5, 1e300, float("inf"), float("nan"), None, [3.0]])
def test_a_number_is_the_same_however_it_is_written(value: object) -> None:
    expected = "exclude" if value in (3, "3") else None
    assert reason({"exclude": [{"Severity": "3"}]}, {"Severity": value}) == expected
    assert reason({"exclude": [{"Severity": "3??"}]}, {"Severity": value}) == ("exclude" if value == 3.5 else None)


@pytest.mark.parametrize("value", ["1", "2"])
def test_a_name_with_a_dot_may_be_both_a_property_and_one_within_another(value: str) -> None:
    assert reason({"exclude": [{"a.b": value}]}, {"a.b": 1, "a": {"b": 2}}) == "exclude"


def test_the_test_notification_passes_every_filter() -> None:
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
        ({"event_types": "PayloadLog"}, "event_types: expected list, not str"),
        ({"event_types": ["PayloadLog", "payloadlog"]}, "event_types: 'payloadlog' is none of AntiMalwareEvent, "),
        ({"rank_greater_than": "5"}, "rank_greater_than: expected float, not str"),
        ({"rank_greater_than": True}, "rank_greater_than: expected float, not bool"),
        ({"unranked_events": True}, "unranked_events: expected str, not bool"),
        ({"minimum_severity": "urgent"}, "minimum_severity: .* info, low, medium, high, critical"),
        ({"fold_repeats": "true"}, "fold_repeats: expected bool, not str"),
        ({"exclude": {}}, "exclude: expected list, not dict"),
        ({"exclude": [{}]}, "exclude: expected maps .* none of them empty"),
        ({"exclude": [{"Reason": "x"}, None]}, "exclude: expected maps"),
        ({"exclude": [{"Rank": 5}]}, "exclude: there is no glob for Rank"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("'", ".")):
        Filter.from_options(options)
