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

from deep_security_datadog.destinations import LARGEST_BATCH, LARGEST_LOG, MOST_LOGS, Item, logs
from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.event import Event
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


def test_an_old_log_is_of_now() -> None:
    log = datadog_log(Event({"EventType": "SystemEvent", "LogDate": "2024-05-13T09:50:00.000Z"}), Context(now=NOW))
    assert log["timestamp"] == int(NOW.timestamp() * 1000)


@pytest.mark.parametrize(("name", "event"), list(events_of_samples()))
def test_every_sample_loads_in_the_official_model(name: str, event: dict[str, Any]) -> None:
    HTTPLogItem(**datadog_log(Event(event), Context(now=NOW)))


def test_batches_count_entries_and_bytes() -> None:
    small = batches([{"EventID": number} for number in range(2500)])
    assert [len(json.loads(batch)) for batch in small] == [MOST_LOGS, MOST_LOGS, 500]
    large = batches([{"D": "ü" * 100_000} for _ in range(60)])
    assert len(large) == 3 and all(len(batch) <= LARGEST_BATCH for batch in large)


def test_a_log_larger_than_the_limit_is_cut() -> None:
    (batch,) = batches([{"D": "ü" * 600_000, "E": 1}])
    assert len(batch) < LARGEST_LOG
    assert json.loads(batch)[0]["deep_security"]["E"] == "1"


def forward(forwarder: Forwarder, *records: dict[str, Any]) -> list[str]:
    answer = forwarder.forward(open_envelope({"Records": list(records)}), seconds_left=lambda: 60, request_id="q")
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def both(forwarder: Build, **environment: str) -> Forwarder:
    return forwarder(DESTINATIONS="events,logs", **environment)


def logged(intake: responses.RequestsMock) -> list[dict[str, Any]]:
    calls = [call for call in intake.calls if call.request.url == LOGS_URL and call.response.status_code == 202]  # type: ignore[union-attr]
    return [log for call in calls for log in json.loads(gzip.decompress(call.request.body))]  # type: ignore[arg-type]


def test_all_messages_share_a_request(intake: responses.RequestsMock, forwarder: Build) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=202)
    records = [sqs_record(sample("mixed-array"), record_id=str(number)) for number in range(10)]
    assert forward(both(forwarder, FILTER='{"minimum_severity": "critical"}'), *records) == []
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
    assert forward(forwarder(DESTINATIONS="logs"), sqs_record(events)) == []
    assert len(logged(intake)) == 9
    (refusal,) = queues.carried_out[0].refusals
    assert "culprit" in refusal.body and refusal.reason == f"logs: HTTP {status}"
