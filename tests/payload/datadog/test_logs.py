"""What Datadog gets as logs, in batches within the intake's limits."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from hypothesis import given, settings

from deep_security_datadog.datadog import logs
from deep_security_datadog.datadog.item import Context, Repeats
from deep_security_datadog.datadog.logs import LARGEST_BATCH, LARGEST_LOG, MOST_LOGS
from deep_security_datadog.datadog.request import TooLarge
from tests.golden import events_of_samples
from tests.payload.strategies import PROPERTIES
from tests.support import item, sample

NOW = datetime(2024, 5, 14, 9, 50, tzinfo=UTC)


def batches(properties: list[dict[str, Any]]) -> list[bytes]:
    """The bodies, uncompressed; one that is too large is halved, as the sender does."""
    waiting = list(logs.DESTINATION.requests("https://x", [item(event) for event in properties], Context(now=NOW)))
    bodies = []
    while waiting:
        request = waiting.pop(0)
        try:
            bodies.append(gzip.decompress(request.body()))
        except TooLarge:
            waiting[:0] = request.smaller()
    return bodies


def test_a_log() -> None:
    event = sample("PayloadLog")[0]
    log = logs.body(item(event), Context(now=NOW, tags=("env:prod",)))
    assert log["deep_security"] == event
    assert (log["ddsource"], log["status"], log["hostname"]) == (
        "trend-micro-deep-security",
        "error",
        "i-0123456789abcdef0",
    )
    assert log["timestamp"] == 1715678410133
    assert log["network"] == {
        "client": {"ip": "203.0.113.5", "port": 4287},
        "destination": {"ip": "192.0.2.10", "port": 80},
    }
    assert "severity:high" in log["ddtags"].split(",") and "env:prod" in log["ddtags"].split(",")


def log_of(**properties: Any) -> dict[str, Any]:
    return logs.body(item(properties), Context(now=NOW))


def test_what_every_log_says() -> None:
    log = log_of(EventType="SystemEvent", Title="Computer Created")
    assert (log["service"], log["message"]) == ("deep-security", "[Info] System: Computer Created")
    assert "hostname" not in log and "repeats" not in log


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "Passed"}, "critical"),
        ({"EventType": "PayloadLog", "Severity": 3}, "error"),
        ({"EventType": "PayloadLog", "Severity": 2}, "warn"),
        ({"EventType": "PayloadLog", "Severity": 1}, "notice"),
        ({"EventType": "SystemEvent", "Severity": 1}, "info"),
        ({}, "info"),
    ],
)
def test_the_status_is_the_severity(properties: dict[str, Any], status: str) -> None:
    assert log_of(**properties)["status"] == status


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


def test_host() -> None:
    assert log_of(Hostname="a (b) []")["hostname"] == "a"
    assert len(log_of(Hostname="h" * 500)["hostname"]) == 255


def test_repeats_are_attributes() -> None:
    first, last = (datetime(2024, 5, 14, 9, minute, 1, 250_999, UTC) for minute in (20, 40))
    log = logs.body(item({}, repeats=Repeats(3, first, last)), Context(now=NOW))
    assert log["repeats"] == {"count": 3, "first": "2024-05-14T09:20:01.250Z", "last": "2024-05-14T09:40:01.250Z"}
    assert logs.body(item({}, repeats=Repeats(2)), Context(now=NOW))["repeats"] == {"count": 2}


@pytest.mark.parametrize(("name", "event"), list(events_of_samples()))
def test_every_sample_loads_in_the_official_model(name: str, event: dict[str, Any]) -> None:
    HTTPLogItem(**logs.body(item(event), Context(now=NOW)))


@settings(max_examples=200)
@given(PROPERTIES)
def test_any_object_is_a_log(properties: dict[str, Any]) -> None:
    (batch,) = batches([properties])
    (log,) = json.loads(batch)
    HTTPLogItem(**log)
    assert set(log["deep_security"]) == {name.encode("utf-8", "replace").decode() for name in properties}


def test_a_request_is_compressed_and_says_so() -> None:
    (request,) = logs.DESTINATION.requests("https://x", [item({})], Context(now=NOW))
    assert request.endpoint.url == "https://x/api/v2/logs"
    assert dict(request.endpoint.headers) == {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    # The same events are the same bytes: no time is in them.
    assert request.body() == request.body()


def test_batches_count_entries_and_bytes() -> None:
    small = batches([{"EventID": number} for number in range(2500)])
    assert [len(json.loads(batch)) for batch in small] == [MOST_LOGS, MOST_LOGS, 500]
    large = batches([{"D": "ü" * 100_000} for _ in range(60)])
    assert len(large) == 4 and all(len(batch) <= LARGEST_BATCH for batch in large)


@pytest.mark.parametrize(("over", "count"), [(0, 1), (1, 2)])
def test_the_limit_of_a_batch_is_exact(over: int, count: int) -> None:
    (around,) = batches([{"D": ""}])
    empty, large = len(around) - len("[]"), 900_000
    last = LARGEST_BATCH - 4 * (empty + large) - empty - len("[,,,,]") + over
    found = batches([{"D": "x" * size} for size in (large, large, large, large, last)])
    assert len(found) == count and (over or len(found[0]) == LARGEST_BATCH)


def test_the_limit_of_a_log_is_in_bytes_and_exact() -> None:
    (around,) = batches([{"D": ""}])
    room = LARGEST_LOG - (len(around) - len("[]"))
    for fits, text in ((True, "ü" * (room // 2) + "x" * (room % 2)), (False, "ü" * (room // 2) + "x" * (room % 2 + 1))):
        (batch,) = batches([{"D": text}])
        assert (json.loads(batch)[0]["deep_security"]["D"] == text) is fits
        assert len(batch) - len("[]") <= LARGEST_LOG


def test_a_log_larger_than_the_limit_is_cut() -> None:
    (batch,) = batches([{"D": "ü" * 600_000, "E": 1}])
    assert len(batch) < LARGEST_LOG
    event = json.loads(batch)[0]["deep_security"]
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
