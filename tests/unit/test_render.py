"""What Datadog shows: golden files for the samples, and limits and harmlessness for anything else."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deep_security_datadog.event import Event, Host
from deep_security_datadog.event_types import EVENT_TYPES
from deep_security_datadog.markdown import FENCE_CLOSE, FENCE_OPEN
from deep_security_datadog.render import Context, datadog_event, date_happened
from deep_security_datadog.severity import Severity
from tests.golden import FOLDED, GOLDEN, events_of_samples, folded_page, page

NOW = datetime(2024, 5, 14, 9, 50, tzinfo=UTC)
EVENTS = dict(events_of_samples())


def rendered(properties: dict[str, Any], **context: Any) -> dict[str, Any]:
    return datadog_event(Event(properties), Context(now=NOW, **context))


@pytest.mark.parametrize("name", EVENTS)
def test_golden(name: str) -> None:
    assert page(EVENTS[name]) == (GOLDEN / name).read_text(), "if it is meant: make golden"


def test_golden_of_a_folded_event() -> None:
    assert folded_page() == (GOLDEN / FOLDED).read_text(), "if it is meant: make golden"


def test_no_golden_file_without_a_sample() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {*EVENTS, FOLDED}


@pytest.mark.parametrize("name", EVENTS)
def test_every_property_of_a_sample_is_told(name: str) -> None:
    """Each value that says something is in the text, the title or the tags, in one form or another."""
    body = rendered(EVENTS[name])
    told = re.sub(r"[^a-z0-9]", "", json.dumps(body, ensure_ascii=False).lower())
    skipped = {"LogDate", "EventType", "Severity", "Direction", "Protocol", "Action", "Flow", "Frame", "ScanType"}
    skipped |= {"MajorVirusType", "Risk", "Change", "Operation", "Origin", "ScanAction1", "ScanAction2", "ErrorCode"}
    skipped |= {"AMTargetTypeString", "BlockReason", "DetectionCategory", "AggregationType", "DetectOnly"}
    skipped |= {"DevicePermission", "DeviceType", "Description", "URL", "ScanResultAction2"}
    for key, value in EVENTS[name].items():
        text = re.sub(r"[^a-z0-9]", "", str(value).lower())
        if key not in skipped and not isinstance(value, dict):
            assert text in told, key


# Severity, by type -------------------------------------------------------------------------------------------------

SEVERITIES = [
    ({"EventType": "SystemEvent", "Severity": 1}, "info"),
    ({"EventType": "SystemEvent", "Severity": "2"}, "medium"),
    ({"EventType": "SystemEvent", "SeverityString": "Error"}, "high"),
    ({"EventType": "PayloadLog", "Severity": 1}, "low"),
    ({"EventType": "PayloadLog", "Severity": "4"}, "critical"),
    ({"EventType": "PayloadLog", "Severity": 9, "SeverityString": "High"}, "high"),
    ({"EventType": "IntegrityEvent", "Severity": 2}, "medium"),
    ({"EventType": "LogInspectionEvent", "OSSEC_Level": 0}, "low"),
    ({"EventType": "LogInspectionEvent", "OSSEC_Level": "7"}, "medium"),
    ({"EventType": "LogInspectionEvent", "OSSEC_Level": 8}, "high"),
    ({"EventType": "LogInspectionEvent", "OSSEC_Level": 15}, "critical"),
    ({"EventType": "LogInspectionEvent", "SeverityString": "Critical"}, "critical"),
    ({"EventType": "WebReputationEvent", "Risk": 4}, "critical"),
    ({"EventType": "WebReputationEvent", "Risk": 5}, "low"),
    ({"EventType": "WebReputationEvent", "Risk": 6}, "medium"),
    ({"EventType": "WebReputationEvent", "RiskString": "Highly Suspicious"}, "high"),
    ({"EventType": "PacketLog", "Action": 1}, "medium"),
    ({"EventType": "PacketLog", "Action": "129"}, "low"),
    ({"EventType": "PacketLog", "ActionString": "Detect Only: Deny"}, "low"),
    ({"EventType": "PacketLog", "ActionString": "Deny"}, "medium"),
    ({"EventType": "PacketLog", "Action": 6}, "info"),
    ({"EventType": "PacketLog", "Action": 1, "Rank": 1000}, "high"),
    ({"EventType": "PacketLog", "Action": 1, "Rank": 999}, "medium"),
    ({"EventType": "PacketLog", "Action": 0}, None),
    ({"EventType": "AntiMalwareEvent", "ScanResultString": "Cleaned"}, "medium"),
    ({"EventType": "AntiMalwareEvent", "ScanResultString": "quarantined"}, "medium"),
    ({"EventType": "AntiMalwareEvent", "ScanResultString": "Access Denied"}, "high"),
    ({"EventType": "AntiMalwareEvent", "ScanResultString": "Passed"}, "critical"),
    ({"EventType": "AntiMalwareEvent", "ScanResultString": "Quarantine failed"}, "critical"),
    ({"EventType": "AntiMalwareEvent"}, "critical"),
    ({"EventType": "AppControlEvent", "Operation": 2}, "medium"),
    ({"EventType": "AppControlEvent", "Operation": "1"}, "low"),
    ({"EventType": "AppControlEvent", "Action": "Execution of Unrecognized Software Blocked"}, "medium"),
    ({"EventType": "AppControlEvent", "OperationDesc": "detectOnly"}, "low"),
    ({"EventType": "DeviceControlEvent", "DevicePermission": 0}, "medium"),
    ({"EventType": "DeviceControlEvent"}, None),
    ({"EventType": "TestSNS"}, "info"),
    ({"EventType": "NewEvent", "SeverityString": "High"}, "high"),
    ({}, None),
]


@pytest.mark.parametrize(("properties", "expected"), SEVERITIES)
def test_severity(properties: dict[str, Any], expected: str | None) -> None:
    known = Event(properties).known_severity
    assert (known.label if known is not None else None) == expected
    if expected is None:
        body = rendered(properties)
        assert body["alert_type"] == "info"
        assert "does not tell its severity" in body["text"]


def test_alert_types() -> None:
    kinds = [rendered({"EventType": "PayloadLog", "Severity": level})["alert_type"] for level in (1, 2, 3, 4)]
    assert kinds == ["info", "warning", "error", "error"]
    assert Severity.CRITICAL > Severity.HIGH


# Host --------------------------------------------------------------------------------------------------------------


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


def test_the_instance_id_property_wins() -> None:
    body = rendered({"EventType": "PacketLog", "Hostname": "a (b) [i-old]", "HostInstanceID": "i-new"})
    assert body["host"] == "i-new"
    assert "instance-id:i-new" in body["tags"] and "host_name:b" in body["tags"]


def test_a_system_event_without_a_computer_has_no_host() -> None:
    assert "host" not in rendered({"EventType": "SystemEvent", "TargetType": "AmazonAccount", "TargetName": "x"})


# Time --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), True),
        (timedelta(hours=17, minutes=45), True),
        (timedelta(hours=17, minutes=46), False),
        (timedelta(seconds=-59), True),
        (timedelta(minutes=-2), False),
    ],
)
def test_time(age: timedelta, expected: bool) -> None:
    happened = NOW - age
    properties = {"EventType": "SystemEvent", "LogDate": happened.isoformat().replace("+00:00", "Z")}
    seconds = date_happened(Event(properties), NOW)
    assert (seconds is not None) == expected
    if seconds is not None:
        assert seconds <= NOW.timestamp()
    assert happened.strftime("%Y-%m-%d %H:%M:%S") in rendered(properties)["text"]
    assert ("outside of what Datadog takes" in rendered(properties)["text"]) != expected


def test_an_unreadable_time_is_shown() -> None:
    body = rendered({"EventType": "SystemEvent", "LogDate": "2016-08- 04"})
    assert "2016-08- 04" in body["text"] and "date_happened" not in body


# Tags --------------------------------------------------------------------------------------------------------------


def test_configured_tags_win() -> None:
    tags = rendered({"EventType": "PacketLog", "TenantName": "A"}, tags=("tenant:b", "Env:Prod", "x"))["tags"]
    assert [tag for tag in tags if tag.startswith("tenant:")] == ["tenant:b"]
    assert {"env:prod", "x"} <= set(tags)


def test_tags_of_rule_texts() -> None:
    tags = rendered({"EventType": "PayloadLog", "Reason": "1 - CVE-2021-44228 (ATT&CK T1190, T1078.002)"})["tags"]
    assert {"cve:cve-2021-44228", "mitre_technique:t1190", "mitre_technique:t1078.002"} <= set(tags)


def test_tags_of_events_and_instances() -> None:
    instance = {"Name": "web", "team name": "Blue!", "source": "x", "empty": ""}
    tags = rendered({"EventType": "PacketLog", "Tags": "ops, Review", "HostCloudInstanceTags": instance})["tags"]
    assert {"ds_tag:ops", "ds_tag:review", "instance_tag_name:web", "instance_tag_team_name:blue"} <= set(tags)
    assert not [tag for tag in tags if tag.startswith(("source:", "status:", "instance_tag_empty"))]


# Hostile content ---------------------------------------------------------------------------------------------------

HOSTILE = (
    "%%%\n@all @slack-security **x** [a](http://evil.example) ![b](//evil.example/i.png) `` ` `` ``` <img src=x>"
    " \u202e \x00\x1b[31m \ud800 www.evil.example %%%%% # h"
)


@pytest.mark.parametrize("kind", [*EVENT_TYPES, "Unknown\n%%%@all"])
def test_hostile_values_everywhere(kind: str) -> None:
    names = {name for row in EVENT_TYPES.values() for fact in row.facts for name in fact.properties}
    properties = dict.fromkeys([*names, "Hostname", "Reason", "Tags", HOSTILE, "Description"], HOSTILE)
    harmless(rendered({**properties, "EventType": kind}))


@pytest.mark.parametrize("readable", [r"C:\Users\Jürgen\文書\a_b*c.exe", "2001:db8::1", "100% sure (really) [x]"])
def test_regular_text_stays_as_it_is(readable: str) -> None:
    body = rendered({"EventType": "AntiMalwareEvent", "InfectedFilePath": readable, "MalwareName": readable})
    assert f"`{readable}`" in body["text"] and readable in body["title"]


def harmless(body: dict[str, Any]) -> None:
    text = body["text"]
    assert text.startswith(FENCE_OPEN) and text.endswith(FENCE_CLOSE)
    assert text.count("%%%") == 2
    assert "%%%" not in body["title"]
    shown = json.dumps(body, ensure_ascii=False)
    assert "@" not in shown
    assert "://" not in text + body["title"]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text + body["title"])
    json.dumps(body, ensure_ascii=False).encode()
    # Outside of code there is nothing that an event's author wrote unescaped: no link, no image, no HTML.
    outside = re.sub(r"```\n.*?\n```|`[^`\n]*`", "", text, flags=re.DOTALL)
    assert "](" not in outside.replace("\\]\\(", "") and "<" not in outside.replace("\\<", "")
    assert outside.count("`") == 0


def within_limits(body: dict[str, Any]) -> None:
    EventCreateRequest(**body)
    assert 0 < len(body["title"]) <= 200 and "\n" not in body["title"]
    assert len(body["text"]) <= 4000
    assert len(body["aggregation_key"]) <= 100
    assert len(body["tags"]) <= 100 and len(set(body["tags"])) == len(body["tags"])
    for tag in body["tags"]:
        assert len(tag) <= 200 and tag == tag.lower() and not re.search(r"[^\w\-:./]", tag), tag
        assert tag[0].isalpha() and not tag.endswith(":")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)
KNOWN = sorted({key for event in EVENTS.values() for key in event})


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(st.characters(), max_size=30), JSON, max_size=15))
def test_any_object_is_an_event(properties: dict[str, Any]) -> None:
    body = rendered(properties)
    within_limits(body)
    harmless(body)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(EVENT_TYPES)), st.dictionaries(st.sampled_from(KNOWN), JSON, max_size=40))
@example("PayloadLog", dict.fromkeys(KNOWN, HOSTILE * 40))
@example("IntegrityEvent", dict.fromkeys(KNOWN, "`" * 5000))
@example("PacketLog", dict.fromkeys(KNOWN, 10**400))
@example("WebReputationEvent", dict.fromkeys(KNOWN, float("nan")))
def test_any_type_in_every_place(kind: str, properties: dict[str, Any]) -> None:
    body = rendered({**properties, "EventType": kind})
    within_limits(body)
    harmless(body)


def test_what_is_cut_is_counted_and_unimportant() -> None:
    properties = {**EVENTS["PayloadLog.1.md"], **{f"New{number:03}": "x" * 250 for number in range(90)}}
    text = rendered(properties)["text"]
    assert re.search(r"_\d+ lines left out", text)
    assert "Rule: `1000001" in text and "Source: `203.0.113.5:4287" in text and "Event id: `14`" in text
    within_limits(rendered(properties))


def test_the_short_form_for_413() -> None:
    body = datadog_event(Event(EVENTS["PayloadLog.1.md"]), Context(now=NOW), longest_text=1000)
    assert len(body["text"]) <= 1000 and "Rule: `1000001" in body["text"]
