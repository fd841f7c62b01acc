"""What Datadog shows as an event: golden files for the samples, limits and harmlessness for anything else."""

import json
import re
from typing import Any

import pytest
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deep_security_datadog.datadog import events
from deep_security_datadog.datadog.markdown import FENCE_CLOSE, FENCE_OPEN
from deep_security_datadog.datadog.request import Context
from deep_security_datadog.datadog.tags import configured_tags, normalized
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from tests.golden import FOLDED, GOLDEN, events_of_samples, folded_page, page
from tests.payload.strategies import JSON, PROPERTIES
from tests.support import NOW, item

EVENTS = dict(events_of_samples())


def rendered(properties: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return events.body(item(properties), Context(now=NOW, tags=configured_tags(tags)))


@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_is_shown_as_its_golden_file_has_it(name: str) -> None:
    assert page(EVENTS[name]) == (GOLDEN / name).read_text(), "if it is meant: make golden"


def test_a_folded_one_is_too_and_no_file_is_without_a_sample() -> None:
    assert folded_page() == (GOLDEN / FOLDED).read_text(), "if it is meant: make golden"
    assert {path.name for path in GOLDEN.glob("*.md")} == {*EVENTS, FOLDED}


def test_alert_type_and_priority_are_by_severity() -> None:
    bodies = [rendered({"EventType": "PayloadLog", "Severity": level}) for level in (1, 2, 3, 4)]
    assert [body["alert_type"] for body in bodies] == ["info", "warning", "error", "error"]
    assert {body["priority"] for body in bodies} == {"normal"} == {rendered({"EventType": "TestSNS"})["priority"]}
    # Also where the severity is unknown.
    for body in (rendered({"EventType": "SystemEvent", "Severity": 1}), rendered({})):
        assert (body["alert_type"], body["priority"]) == ("info", "low")


def test_host_and_time_are_left_out_where_there_is_none_that_datadog_takes() -> None:
    body = rendered({"Hostname": "h" * 500, "LogDate": "2024-05-14T09:20:10.133Z"})
    assert (body["host"], body["date_happened"]) == ("h" * 255, 1715678410)
    body = rendered({"TargetType": "AmazonAccount", "TargetName": "x", "LogDate": "2024-05-13T09:20:10.133Z"})
    assert not {"host", "date_happened"} & set(body)


def test_the_aggregation_key_is_the_identity_hashed_if_it_is_too_long() -> None:
    event = {"EventType": "PacketLog", "TenantID": 7, "Hostname": "web", "Reason": "R"}
    assert rendered(event)["aggregation_key"] == "7|PacketLog|web|R"
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
        assert request.url == "https://api.example/api/v1/events"
        (smaller,) = request.smaller()
        whole, small = json.loads(request.body()), json.loads(smaller.body())
        assert len(small["text"]) <= events.SHORT_TEXT < len(whole["text"]) <= events.LONGEST_TEXT
        assert whole["title"] == small["title"]


HOSTILE = (
    "%%%\n@all @slack-security **x** [a](http://evil.example) ![b](//evil.example/i.png) `` ` `` ``` <img src=x>"
    " \u202e \x00\x1b[31m \ud800 www.evil.example %%%%% # h"
)


@pytest.mark.parametrize("event_type", [*EVENT_TYPES, "Unknown\n%%%@all"])
def test_hostile_values_everywhere(event_type: str) -> None:
    names = {name for row in EVENT_TYPES.values() for fact in row.facts for name in fact.properties}
    properties = dict.fromkeys([*names, "Hostname", "Reason", "Tags", HOSTILE, "Description"], HOSTILE)
    harmless(rendered({**properties, "EventType": event_type}))


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
        assert normalized(tag) == tag, "Datadog would store another"


KNOWN = sorted({key for event in EVENTS.values() for key in event})


@settings(max_examples=500)
@given(st.sampled_from(sorted(EVENT_TYPES)), st.dictionaries(st.sampled_from(KNOWN), JSON, max_size=40) | PROPERTIES)
@example("PayloadLog", dict.fromkeys(KNOWN, HOSTILE * 40))
@example("IntegrityEvent", dict.fromkeys(KNOWN, "`" * 5000))
@example("PacketLog", dict.fromkeys(KNOWN, 10**400))
@example("WebReputationEvent", dict.fromkeys(KNOWN, float("nan")))
def test_any_object_of_any_type_is_a_harmless_event_within_limits(event_type: str, properties: dict[str, Any]) -> None:
    body = rendered({**properties, "EventType": event_type})
    within_limits(body)
    harmless(body)
