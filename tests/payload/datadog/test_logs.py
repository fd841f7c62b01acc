"""What Datadog gets as logs, in batches within the intake's limits."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from hypothesis import given, settings

from deep_security_datadog.datadog import logs
from deep_security_datadog.datadog.logs import LARGEST_BATCH, LARGEST_LOG, MOST_LOGS
from deep_security_datadog.datadog.request import Context, Repeats, TooLarge
from deep_security_datadog.datadog.text import title
from deep_security_datadog.deep_security.event import Event
from tests.payload.strategies import PROPERTIES
from tests.support import NOW, events, item, sample

CONTEXT = Context(NOW)


def batches(properties: list[dict[str, Any]]) -> list[bytes]:
    """The bodies, uncompressed; one that is too large is halved, as the sender does."""
    waiting = list(logs.DESTINATION.requests("https://x", [item(event) for event in properties], CONTEXT))
    bodies = []
    while waiting:
        request = waiting.pop(0)
        try:
            bodies.append(gzip.decompress(request.body()))
        except TooLarge:
            waiting[:0] = request.smaller()
    return bodies


def log_of(**properties: Any) -> dict[str, Any]:
    return logs.body(item(properties), CONTEXT)


def test_a_log_is_the_event_as_it_came_and_what_datadog_reads() -> None:
    event = sample("PayloadLog")[0]
    log = logs.body(item(event), CONTEXT._replace(tags=("env:prod",)))
    assert log.pop("deep_security") == event
    tags = log.pop("ddtags").split(",")
    assert "severity:high" in tags and "env:prod" in tags
    assert log == {
        "ddsource": "trend-micro-deep-security",
        "service": "deep-security",
        "status": "error",
        "hostname": "i-0123456789abcdef0",
        "message": title(Event(event)),
        "timestamp": 1715678410133,
        "network": {
            "client": {"ip": "203.0.113.5", "port": 4287},
            "destination": {"ip": "192.0.2.10", "port": 80},
        },
    }


def test_the_status_is_the_severity() -> None:
    logs_of = [log_of(EventType="PayloadLog", Severity=level) for level in (1, 2, 3, 4, 0)]
    assert [log["status"] for log in logs_of] == ["notice", "warn", "error", "critical", "info"]


@pytest.mark.parametrize(
    ("happened", "timestamp"),
    [
        ("2024-05-14T09:20:10.133Z", "2024-05-14T09:20:10.133Z"),
        # What Datadog takes: 18 h, less the time until it gets there.
        ("2024-05-13T16:05:00.000Z", "2024-05-13T16:05:00.000Z"),
        ("2024-05-13T16:04:59.999Z", "2024-05-14T09:50:00.000Z"),
        ("2024-05-13T09:50:00.000Z", "2024-05-14T09:50:00.000Z"),
        ("2024-05-14T09:50:30.000Z", "2024-05-14T09:50:00.000Z"),
        ("2024-05-15T09:50:00.000Z", "2024-05-14T09:50:00.000Z"),
        ("yesterday", "2024-05-14T09:50:00.000Z"),
    ],
)
def test_the_timestamp_is_milliseconds_that_datadog_takes(happened: str, timestamp: str) -> None:
    log = log_of(EventType="SystemEvent", LogDate=happened)
    assert log["timestamp"] == round(datetime.fromisoformat(timestamp).timestamp() * 1000)
    assert isinstance(log["timestamp"], int) and log["deep_security"]["LogDate"] == happened


def test_a_host_that_there_is_has_its_name_cut() -> None:
    assert "hostname" not in log_of(EventType="SystemEvent")
    assert log_of(Hostname="h" * 500)["hostname"] == "h" * 255


def test_repeats_are_attributes() -> None:
    first, last = (datetime(2024, 5, 14, 9, minute, 1, 250_999, UTC) for minute in (20, 40))
    log = logs.body(item({}, repeats=Repeats(3, first, last)), CONTEXT)
    assert log["repeats"] == {"count": 3, "first": "2024-05-14T09:20:01.250Z", "last": "2024-05-14T09:40:01.250Z"}
    assert logs.body(item({}, repeats=Repeats(2)), CONTEXT)["repeats"] == {"count": 2}


@settings(max_examples=200)
@given(PROPERTIES)
def test_any_object_is_a_log(properties: dict[str, Any]) -> None:
    (batch,) = batches([properties])
    (log,) = json.loads(batch)
    HTTPLogItem(**log)
    assert set(log["deep_security"]) == {name.encode("utf-8", "replace").decode() for name in properties}


def test_a_request_is_compressed_and_says_so() -> None:
    (request,) = logs.DESTINATION.requests("https://x", [item({})], CONTEXT)
    assert request.url == "https://x/api/v2/logs"
    assert request.destination.headers == {"Content-Encoding": "gzip"}
    # The same events are the same bytes: no time is in them.
    assert request.body() == request.body()


def test_a_batch_has_a_thousand_entries_at_most() -> None:
    found = batches(events(2_500))
    assert [len(json.loads(batch)) for batch in found] == [MOST_LOGS, MOST_LOGS, 500]
    assert [log["deep_security"] for batch in found for log in json.loads(batch)] == events(2_500)


@pytest.mark.parametrize(("over", "count"), [(0, 1), (1, 2)])
def test_the_limit_of_a_batch_is_exact(over: int, count: int) -> None:
    (around,) = batches([{"D": ""}])
    empty, large = len(around) - len("[]"), 900_000
    last = LARGEST_BATCH - 4 * (empty + large) - empty - len("[,,,,]") + over
    found = batches([{"D": "x" * size} for size in (large, large, large, large, last)])
    assert len(found) == count and (over or len(found[0]) == LARGEST_BATCH)


def test_the_limit_of_a_log_is_in_bytes_and_exact() -> None:
    (around,) = batches([{"D": "", "E": 1}])
    room = LARGEST_LOG - (len(around) - len("[]"))
    for text in ("ü" * (room // 2) + "x" * (room % 2), "ü" * (room // 2) + "x" * (room % 2 + 1), "ü" * 600_000):
        (batch,) = batches([{"D": text, "E": 1}])
        event = json.loads(batch)[0]["deep_security"]
        if len(text.encode()) <= room:
            assert event == {"D": text, "E": 1} and len(batch) - len("[]") == LARGEST_LOG
        else:
            assert event["E"] == "1" and event["D"].startswith("ü" * 1000) and len(event["D"]) <= 5000


def test_a_log_without_room_drops_its_ocsf_event_before_anything_else() -> None:
    context = Context(now=NOW, ocsf=True)
    (around,) = batches([{"D": ""}])
    room = LARGEST_LOG - (len(around) - len("[]"))
    for size, kept in ((1_000, {"ocsf", "whole"}), (room, {"whole"}), (room + 1, set())):
        (request,) = logs.DESTINATION.requests("https://x", [item({"D": "x" * size})], context)
        (log,) = json.loads(gzip.decompress(request.body()))
        found = {"ocsf"} & set(log) | ({"whole"} if len(log["deep_security"]["D"]) == size else set())
        assert found == kept
        assert "ocsf" not in json.loads(gzip.decompress(request._replace(is_short=True).body()))[0]
