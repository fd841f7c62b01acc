"""The destination `logs`: batches within the intake's limits, and each destination settled for itself."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.destinations import LARGEST_BATCH, LARGEST_LOG, MOST_LOGS, Item, logs
from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.event import Event
from deep_security_datadog.event_types import EVENT_TYPES
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.render import Context, datadog_log
from tests.golden import events_of_samples
from tests.payload import EVENTS_URL, RememberingQueues, sample, sqs_record

LOGS_URL = "https://http-intake.logs.datadoghq.com/api/v2/logs"
NOW = datetime(2024, 5, 14, 9, 50, tzinfo=UTC)
Build = Callable[..., Forwarder]


def batches(properties: list[dict[str, Any]]) -> list[bytes]:
    items = [Item(0, number, Event(event), Context(now=NOW)) for number, event in enumerate(properties)]
    return [gzip.decompress(dispatch.parcel.body()) for dispatch in logs("https://x", items)]


def test_a_log() -> None:
    event = sample("PayloadLog")[0]
    log = datadog_log(Event(event), Context(now=NOW, tags=("env:prod",)))
    assert log["deep_security"] == event
    assert (log["ddsource"], log["status"], log["hostname"]) == (
        "trend-micro-deep-security",
        "error",
        "i-0123456789abcdef0",
    )
    assert log["timestamp"] == 1715678410133
    assert log["network"] == {
        "client": {"ip": "203.0.113.5", "port": "4287"},
        "destination": {"ip": "192.0.2.10", "port": "80"},
    }
    assert "severity:high" in log["ddtags"].split(",") and "env:prod" in log["ddtags"].split(",")


def log_of(**properties: Any) -> dict[str, Any]:
    return datadog_log(Event(properties), Context(now=NOW))


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
        # 18 h, less the way there, is what Datadog takes.
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


# https://docs.datadoghq.com/standard-attributes/ for logs: network communications, HTTP requests, users.
STANDARD = {
    "network.client.ip",
    "network.client.port",
    "network.destination.ip",
    "network.destination.port",
    "http.url",
    "usr.name",
}


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_network_and_user_facts_have_standard_names(name: str) -> None:
    attributes = EVENT_TYPES[name].attributes
    assert {attribute for attribute in attributes if attribute.startswith(("network.", "http.", "usr."))} <= STANDARD
    facts = {"SourceIP", "DestinationIP", "TargetIP", "URL", "User", "UserName", "ActionBy", "OSSEC_SourceIP"}
    in_samples = facts & {key for _, event in events_of_samples() if event.get("EventType") == name for key in event}
    assert in_samples <= set(attributes.values())


def test_standard_attributes_are_nested() -> None:
    log = log_of(EventType="WebReputationEvent", URL="http://x.example/", TargetIP="192.0.2.1")
    assert log["http"] == {"url": "http://x.example/"} and log["network"] == {"destination": {"ip": "192.0.2.1"}}
    assert log_of(EventType="IntegrityEvent", User="root")["usr"] == {"name": "root"}


@pytest.mark.parametrize(("name", "event"), list(events_of_samples()))
def test_every_sample_loads_in_the_official_model(name: str, event: dict[str, Any]) -> None:
    HTTPLogItem(**datadog_log(Event(event), Context(now=NOW)))


def test_batches_count_entries_and_bytes() -> None:
    small = batches([{"EventID": number} for number in range(2500)])
    assert [len(json.loads(batch)) for batch in small] == [MOST_LOGS, MOST_LOGS, 500]
    large = batches([{"D": "ü" * 100_000} for _ in range(60)])
    assert len(large) == 3 and all(len(batch) <= LARGEST_BATCH for batch in large)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 900_000), min_size=1, max_size=40))
def test_batches_are_as_full_as_they_may_be(sizes: list[int]) -> None:
    found = batches([{"N": number, "D": "x" * size} for number, size in enumerate(sizes)])
    logs = [json.loads(batch) for batch in found]
    assert [log["deep_security"]["N"] for batch in logs for log in batch] == list(range(len(sizes)))
    assert all(len(batch) <= LARGEST_BATCH for batch in found)
    firsts = [len(json.dumps(batch[0], ensure_ascii=False, separators=(",", ":"))) for batch in logs]
    assert all(len(full) + 1 + first > LARGEST_BATCH for full, first in zip(found, firsts[1:], strict=False))


@pytest.mark.parametrize(("over", "count"), [(0, 1), (1, 2)])
def test_the_limit_of_a_batch_is_exact(over: int, count: int) -> None:
    (around,) = batches([{"D": ""}])
    empty, large = len(around) - len("[]"), 900_000
    last = LARGEST_BATCH - 5 * (empty + large) - empty - len("[,,,,,]") + over
    found = batches([{"D": "x" * size} for size in (large, large, large, large, large, last)])
    assert len(found) == count and (over or len(found[0]) == LARGEST_BATCH)


def test_the_limit_of_a_log_is_in_bytes_and_exact() -> None:
    (around,) = batches([{"D": ""}])
    room = LARGEST_LOG - (len(around) - len("[]"))
    for fits, text in ((True, "ü" * (room // 2) + "x" * (room % 2)), (False, "ü" * (room // 2) + "x" * (room % 2 + 1))):
        (batch,) = batches([{"D": text}])
        assert (json.loads(batch)[0]["deep_security"]["D"] == text) is fits
        assert len(batch) - len("[]") <= LARGEST_LOG


def test_requests_are_compressed(intake: responses.RequestsMock, forwarder: Build) -> None:
    intake.post(LOGS_URL, status=202)
    assert forward(forwarder(DESTINATIONS='{"logs": {}}'), sqs_record(sample("mixed-array"))) == []
    (call,) = intake.calls
    assert call.request.headers["Content-Encoding"] == "gzip"
    assert call.request.headers["Content-Type"] == "application/json"


def test_a_failing_request_fails_only_its_events(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues
) -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        return (503 if b'"EventID":1500,' in gzip.decompress(request.body) else 202), {}, ""

    intake.add_callback(responses.POST, LOGS_URL, answer)
    events = [{"EventID": number, "EventType": "SystemEvent"} for number in range(2500)]
    assert forward(forwarder(DESTINATIONS='{"logs": {}}'), sqs_record(events)) == []
    (settlement,) = queues.carried_out
    back = [event["EventID"] for body in settlement.remainders for event in json.loads(json.loads(body)["Message"])]
    assert back == list(range(1000, 2000)) and not settlement.refusals


def test_20000_events_in_20_full_batches_are_20_requests(intake: responses.RequestsMock, forwarder: Build) -> None:
    """What an invocation gets is 10 messages at most (batch_size in invocation.tf), here of 100 events each."""
    intake.post(LOGS_URL, status=202)
    warm, event = forwarder(DESTINATIONS='{"logs": {}}'), sample("PayloadLog")[0]
    for batch in range(20):
        records = [sqs_record([event] * 100, record_id=f"{batch}-{number}") for number in range(10)]
        assert forward(warm, *records) == []
    assert len(intake.calls) == 20 and len(logged(intake)) == 20_000


def test_a_log_larger_than_the_limit_is_cut() -> None:
    (batch,) = batches([{"D": "ü" * 600_000, "E": 1}])
    assert len(batch) < LARGEST_LOG
    assert json.loads(batch)[0]["deep_security"]["E"] == "1"


def forward(forwarder: Forwarder, *records: dict[str, Any]) -> list[str]:
    answer = forwarder.forward(open_envelope({"Records": list(records)}), seconds_left=lambda: 60, request_id="q")
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def both(forwarder: Build, **events_filter: object) -> Forwarder:
    return forwarder(DESTINATIONS=json.dumps({"events": {"filter": events_filter}, "logs": {}}))


def logged(intake: responses.RequestsMock) -> list[dict[str, Any]]:
    calls = [call for call in intake.calls if call.request.url == LOGS_URL and call.response.status_code == 202]  # type: ignore[union-attr]
    return [log for call in calls for log in json.loads(gzip.decompress(call.request.body))]  # type: ignore[arg-type]


def test_all_messages_share_a_request(intake: responses.RequestsMock, forwarder: Build) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=202)
    records = [sqs_record(sample("mixed-array"), record_id=str(number)) for number in range(10)]
    assert forward(both(forwarder, minimum_severity="critical"), *records) == []
    assert len(logged(intake)) == 90
    assert len(intake.calls) == 1 + 10


def test_what_logs_did_not_take_goes_to_logs_only(
    intake: responses.RequestsMock,
    forwarder: Build,
    queues: RememberingQueues,
    capsys: pytest.CaptureFixture[str],
) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=503)
    assert forward(both(forwarder), sqs_record(sample("mixed-array"))) == []
    (body,) = queues.carried_out[0].remainders
    intake.reset()
    intake.post(LOGS_URL, status=202)
    assert forward(both(forwarder), {"eventSource": "aws:sqs", "messageId": "r-2", "body": body}) == []
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["Accepted"], line["EventsAccepted"], line["LogsWaiting"]) == (9, 9, 9)
    assert "LogsAccepted" not in line and "FilteredByRankGreaterThan" not in line
    assert len(logged(intake)) == 9 and {call.request.url for call in intake.calls} == {LOGS_URL}


@pytest.mark.parametrize("status", [400, 413])
def test_a_refused_batch_is_halved_until_the_culprit_is_alone(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, status: int
) -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        return (status if b"culprit" in gzip.decompress(request.body) else 202), {}, ""

    intake.add_callback(responses.POST, LOGS_URL, answer)
    events = [{"EventType": "SystemEvent", "Title": "culprit" if number == 3 else "good"} for number in range(10)]
    assert forward(forwarder(DESTINATIONS='{"logs": {}}'), sqs_record(events)) == []
    assert len(logged(intake)) == 9
    (refusal,) = queues.carried_out[0].refusals
    assert "culprit" in refusal.body and refusal.reason == f"logs: HTTP {status}"
