"""Which events are kept, and why others are not."""

from __future__ import annotations

from typing import Any

import pytest

from deep_security_datadog.event import Event
from deep_security_datadog.filter import Filter
from tests.payload import sample

IPS = {
    "EventType": "PayloadLog",
    "Severity": 3,
    "Rank": 50,
    "Hostname": "web-1",
    "HostCloudInstanceTags": {"env": "dev"},
}
SYSTEM = {"EventType": "SystemEvent", "Severity": 1}


@pytest.mark.parametrize(
    ("options", "event", "reason"),
    [
        ({}, IPS, None),
        ({}, {}, None),
        ({"event_types": ["PayloadLog"]}, IPS, None),
        ({"event_types": ["PayloadLog"]}, SYSTEM, "event_types"),
        ({"event_types": []}, IPS, "event_types"),
        ({"rank_greater_than": 49}, IPS, None),
        ({"rank_greater_than": 50}, IPS, "rank_greater_than"),
        ({"rank_greater_than": 49}, {**IPS, "Rank": "50"}, None),
        ({"rank_greater_than": 50}, {**IPS, "Rank": "50"}, "rank_greater_than"),
        ({"rank_greater_than": 50}, SYSTEM, None),
        ({"rank_greater_than": 50, "unranked_events": "drop"}, SYSTEM, "rank_greater_than"),
        ({"minimum_severity": "high"}, IPS, None),
        ({"minimum_severity": "critical"}, IPS, "minimum_severity"),
        ({"exclude": [{"Hostname": "web-*"}]}, IPS, "exclude"),
        ({"exclude": [{"Hostname": "WEB-*"}]}, IPS, None),
        ({"exclude": [{"Hostname": "web-*", "Rank": "1"}]}, IPS, None),
        ({"exclude": [{"Rank": "5?"}]}, IPS, "exclude"),
        ({"exclude": [{"HostCloudInstanceTags.env": "dev"}]}, IPS, "exclude"),
        ({"exclude": [{"Absent": "*"}]}, IPS, None),
        ({"exclude": [{}]}, IPS, None),
    ],
)
def test_reason_to_drop(options: dict[str, Any], event: dict[str, Any], reason: str | None) -> None:
    assert Filter.from_options(options).reason_to_drop(Event(event)) == reason


def test_the_test_notification_passes() -> None:
    strict = Filter.from_options(
        {
            "event_types": ["PayloadLog"],
            "minimum_severity": "critical",
            "rank_greater_than": 9,
            "unranked_events": "drop",
        }
    )
    assert strict.reason_to_drop(Event(sample("TestSNS")[0])) is None
