"""What Datadog shows as an event: golden files for the samples, limits and harmlessness for anything else."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deep_security_datadog.datadog import events
from deep_security_datadog.datadog.item import Context
from deep_security_datadog.datadog.markdown import FENCE_CLOSE, FENCE_OPEN
from deep_security_datadog.datadog.tags import configured_tags
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.values import meaningful
from tests.golden import FOLDED, GOLDEN, events_of_samples, folded_page, page
from tests.payload.strategies import JSON, PROPERTIES
from tests.support import item

NOW = datetime(2024, 5, 14, 9, 50, tzinfo=UTC)
EVENTS = dict(events_of_samples())


def rendered(properties: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return events.body(item(properties), Context(now=NOW, tags=configured_tags(tags)))


@pytest.mark.parametrize("name", EVENTS)
def test_golden(name: str) -> None:
    assert page(EVENTS[name]) == (GOLDEN / name).read_text(), "if it is meant: make golden"


def test_golden_of_a_folded_event() -> None:
    assert folded_page() == (GOLDEN / FOLDED).read_text(), "if it is meant: make golden"


def test_no_golden_file_without_a_sample() -> None:
    assert {path.name for path in GOLDEN.glob("*.md")} == {*EVENTS, FOLDED}


@pytest.mark.parametrize("name", EVENTS)
def test_every_property_of_a_sample_is_shown(name: str) -> None:
    """Each value that says something is in the text, the title or the tags, in one form or another."""
    body = rendered(EVENTS[name])
    shown = re.sub(r"[^a-z0-9]", "", json.dumps(body, ensure_ascii=False).lower())
    skipped = {"LogDate", "EventType", "Severity", "Direction", "Protocol", "Action", "Flow", "Frame", "ScanType"}
    skipped |= {"MajorVirusType", "Risk", "Change", "Operation", "Origin", "ScanAction1", "ScanAction2", "ErrorCode"}
    skipped |= {"AMTargetTypeString", "BlockReason", "DetectionCategory", "AggregationType", "DetectOnly"}
    skipped |= {"DevicePermission", "DeviceType", "Description", "URL", "ScanResultAction2", "PacketData"}
    skipped |= {"PayloadFlags"}
    for key, value in EVENTS[name].items():
        text = re.sub(r"[^a-z0-9]", "", str(value).lower())
        if key not in skipped and meaningful(key, value) and not isinstance(value, dict):
            assert text in shown, key


def test_alert_types_and_priorities() -> None:
    bodies = [rendered({"EventType": "PayloadLog", "Severity": level}) for level in (1, 2, 3, 4)]
    assert [body["alert_type"] for body in bodies] == ["info", "warning", "error", "error"]
    assert {body["priority"] for body in bodies} == {"normal"}
    # Also where the severity is unknown.
    for properties in ({"EventType": "SystemEvent", "Severity": 1}, {"EventType": "PacketLog", "Action": 0}, {}):
        body = rendered(properties)
        assert (body["alert_type"], body["priority"]) == ("info", "low")
    assert rendered({"EventType": "TestSNS"})["priority"] == "normal"


def test_host() -> None:
    body = rendered({"EventType": "PacketLog", "Hostname": "a (b) [i-old]", "HostInstanceID": "i-new"})
    assert body["host"] == "i-new"
    assert "instance-id:i-new" in body["tags"] and "host_name:b" in body["tags"]
    assert "host" not in rendered({"EventType": "SystemEvent", "TargetType": "AmazonAccount", "TargetName": "x"})
    assert len(rendered({"Hostname": "h" * 500})["host"]) == 255


def test_the_time_is_seconds_and_left_out_where_datadog_takes_none() -> None:
    assert rendered({"LogDate": "2024-05-14T09:20:10.133Z"})["date_happened"] == 1715678410
    for time in ("2024-05-13T09:20:10.133Z", "2024-05-15T09:20:10.133Z", "2016-08- 04", None):
        assert "date_happened" not in rendered({"LogDate": time})


def test_configured_tags_are_sent() -> None:
    tags = rendered({"EventType": "PacketLog", "TenantName": "A"}, tags=("tenant:b", "Env:Prod"))["tags"]
    assert tags[-2:] == ["tenant:b", "env:prod"] and "tenant:a" not in tags


def test_aggregation_key() -> None:
    event = {"EventType": "PacketLog", "TenantID": 7, "Hostname": "web", "Reason": "R", "EventID": 1}
    key = rendered(event)["aggregation_key"]
    assert key == "7|PacketLog|web|R" == rendered({**event, "EventID": 2, "SourceIP": "192.0.2.1"})["aggregation_key"]
    # Too long for Datadog: hashed, and still one for the same and another for others.
    long = [rendered({**event, "Reason": "r" * length})["aggregation_key"] for length in (200, 200, 201)]
    assert long[0] == long[1] != long[2] and len(long[0]) <= events.LONGEST_AGGREGATION_KEY


@pytest.mark.parametrize(
    ("one", "other"),
    [("r" * 9_000 + "x" + "r" * 9_000, "r" * 9_000 + "y" + "r" * 9_000), ("a\u200b", "a\u200e"), ("a@b", "a\uff20b")],
)
def test_other_events_have_another_aggregation_key(one: str, other: str) -> None:
    keys = [rendered({"EventType": "PacketLog", "Reason": reason})["aggregation_key"] for reason in (one, other)]
    assert keys[0] != keys[1] and "@" not in "".join(keys)
    assert "|" not in rendered({"EventType": "PacketLog", "Hostname": "a|b", "Reason": "c"})["aggregation_key"]


def test_a_request_is_one_event_and_has_a_smaller_body() -> None:
    items = [item({"EventType": "PacketLog", **{f"Other{n}": "x" * 250 for n in range(30)}}) for _ in range(2)]
    requests = list(events.DESTINATION.requests("https://api.example", items, Context(now=NOW)))
    assert [request.items for request in requests] == [(items[0],), (items[1],)]
    for request in requests:
        assert request.endpoint.url == "https://api.example/api/v1/events"
        assert request.endpoint.headers == (("Content-Type", "application/json"),)
        (smaller,) = request.smaller()
        whole, small = json.loads(request.body()), json.loads(smaller.body())
        assert len(small["text"]) <= events.SHORT_TEXT < len(whole["text"]) <= events.LONGEST_TEXT
        assert whole["title"] == small["title"]


def test_the_short_form_keeps_what_is_important() -> None:
    body = events.body(item(EVENTS["PayloadLog.1.md"]), Context(now=NOW), longest_text=1000)
    assert len(body["text"]) <= 1000 and "Rule: `1000001" in body["text"]


# Hostile content ---------------------------------------------------------------------------------------------------

HOSTILE = (
    "%%%\n@all @slack-security **x** [a](http://evil.example) ![b](//evil.example/i.png) `` ` `` ``` <img src=x>"
    " \u202e \x00\x1b[31m \ud800 www.evil.example %%%%% # h"
)


@pytest.mark.parametrize("event_type", [*EVENT_TYPES, "Unknown\n%%%@all"])
def test_hostile_values_everywhere(event_type: str) -> None:
    names = {name for row in EVENT_TYPES.values() for fact in row.facts for name in fact.properties}
    properties = dict.fromkeys([*names, "Hostname", "Reason", "Tags", HOSTILE, "Description"], HOSTILE)
    harmless(rendered({**properties, "EventType": event_type}))


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
        assert tag[0].isalpha() and tag.partition(":")[1:] != (":", "")


def test_the_most_that_fits_is_within_the_limits() -> None:
    properties = {**EVENTS["PayloadLog.1.md"], **{f"New{number:03}": "x" * 250 for number in range(90)}}
    body = rendered(properties)
    within_limits(body)
    assert "lines left out" in body["text"]


KNOWN = sorted({key for event in EVENTS.values() for key in event})


@settings(max_examples=300)
@given(PROPERTIES)
def test_any_object_is_an_event(properties: dict[str, Any]) -> None:
    body = rendered(properties)
    within_limits(body)
    harmless(body)


@settings(max_examples=400)
@given(st.sampled_from(sorted(EVENT_TYPES)), st.dictionaries(st.sampled_from(KNOWN), JSON, max_size=40))
@example("PayloadLog", dict.fromkeys(KNOWN, HOSTILE * 40))
@example("IntegrityEvent", dict.fromkeys(KNOWN, "`" * 5000))
@example("PacketLog", dict.fromkeys(KNOWN, 10**400))
@example("WebReputationEvent", dict.fromkeys(KNOWN, float("nan")))
def test_any_type_with_any_values(event_type: str, properties: dict[str, Any]) -> None:
    body = rendered({**properties, "EventType": event_type})
    within_limits(body)
    harmless(body)
