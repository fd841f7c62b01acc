"""The fake Datadog: strict where the real intake is, and faulty only where a test asks for it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
import requests
from datadog_api_client.v1.model.event_alert_type import EventAlertType
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v1.model.event_create_response import EventCreateResponse
from datadog_api_client.v1.model.event_priority import EventPriority
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem

from tools import datadog_intake
from tools.datadog_intake import (
    API_KEY,
    EVENTS,
    LOGS,
    VALIDATE,
    Intake,
    always,
    delay,
    every,
    first,
    reset,
    respond,
    when,
)
from tools.repository import ROOT

Json: TypeAlias = dict[str, Any]
Compress: TypeAlias = Callable[[bytes], bytes]

HOURS = 3600
EVENT: Json = {"title": "Firewall", "text": "Denied"}
LOG: Json = {"ddsource": "deep-security", "ddtags": "a:b", "hostname": "web", "message": "Denied", "service": "s"}


@pytest.fixture
def intake() -> Iterator[Intake]:
    with datadog_intake.running() as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["DD-API-KEY"] = API_KEY
        yield session


def post_event(session: requests.Session, intake: Intake, event: Json = EVENT, **options: Any) -> requests.Response:
    return session.post(intake.url + EVENTS, json=event, timeout=5, **options)


def post_logs(
    session: requests.Session,
    intake: Intake,
    logs: object,
    compress: Compress | None = None,
    encoding: str = "identity",
) -> requests.Response:
    body = json.dumps(logs).encode()
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    return session.post(intake.url + LOGS, compress(body) if compress else body, headers=headers, timeout=5)


class TestKeys:
    def test_missing(self, intake: Intake, session: requests.Session) -> None:
        del session.headers["DD-API-KEY"]
        assert post_event(session, intake).status_code == 403
        assert session.get(intake.url + VALIDATE, timeout=5).status_code == 403
        assert post_logs(session, intake, [LOG]).status_code == 401
        assert not intake.events + intake.logs

    def test_wrong(self, intake: Intake, session: requests.Session) -> None:
        session.headers["DD-API-KEY"] = "f" * 32
        answer = post_event(session, intake)
        assert (answer.status_code, answer.json()["errors"]) == (403, ["Forbidden"])
        assert session.get(intake.url + VALIDATE, timeout=5).status_code == 403
        assert post_logs(session, intake, [LOG]).status_code == 403
        assert not intake.events + intake.logs

    def test_not_taken_from_the_query(self, intake: Intake, session: requests.Session) -> None:
        del session.headers["DD-API-KEY"]
        assert post_event(session, intake, params={"api_key": API_KEY}).status_code == 403

    def test_changed_at_run_time(self, intake: Intake, session: requests.Session) -> None:
        intake.keys = {"b" * 32}
        assert post_event(session, intake).status_code == 403
        intake.keys |= {API_KEY}
        assert post_event(session, intake).status_code == 202

    def test_valid(self, intake: Intake, session: requests.Session) -> None:
        assert session.get(intake.url + VALIDATE, timeout=5).json() == {"valid": True}


class TestEvents:
    def test_accepted(self, intake: Intake, session: requests.Session) -> None:
        event = {
            **EVENT,
            "aggregation_key": "k" * 100,
            "alert_type": "error",
            "date_happened": int(time.time()) - 17 * HOURS,
            "host": "web",
            "priority": None,
            "source_type_name": "my_apps",
            "tags": ["a:b"],
            "text": "t" * 4000,
        }
        answer = post_event(session, intake, event)
        assert answer.status_code == 202
        assert answer.json()["status"] == "ok"
        assert answer.json()["event"]["id_str"] == str(answer.json()["event"]["id"])
        assert intake.events == [event]

    def test_models_of_the_official_client(self, intake: Intake, session: requests.Session) -> None:
        request = EventCreateRequest(
            title="t",
            text="x",
            aggregation_key="k",
            alert_type=EventAlertType.WARNING,
            date_happened=int(time.time()),
            device_name="d",
            host="h",
            priority=EventPriority.LOW,
            related_event_id=1,
            source_type_name="my_apps",
            tags=["a:b"],
        )
        # The table of properties is complete: the model has each of them and no other.
        assert set(EventCreateRequest.openapi_types) == set(datadog_intake.EVENT_TYPES)
        answer = post_event(session, intake, request.to_dict())
        assert answer.status_code == 202
        documented = EventCreateResponse.openapi_types["event"][0].openapi_types
        # Both are in each recorded answer, though in no model.
        assert set(answer.json()["event"]) - {"handle", "related_event_id"} <= set(documented)

    def test_alert_types_of_the_official_client(self) -> None:
        assert EventAlertType.allowed_values == datadog_intake.ALERT_TYPES

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"title": None}, "title"),
            ({"title": ""}, "title"),
            ({"text": ""}, "text"),
            ({"text": "t" * 4001}, "text"),
            ({"text": ["t"]}, "text"),
            ({"aggregation_key": "k" * 101}, "aggregation_key"),
            ({"aggregation_key": 1}, "aggregation_key"),
            ({"alert_type": "critical"}, "alert_type"),
            ({"priority": "high"}, "priority"),
            ({"date_happened": "1700000000"}, "date_happened"),
            ({"date_happened": 1700000000.5}, "date_happened"),
            ({"date_happened": True}, "date_happened"),
            ({"tags": "a:b"}, "tags"),
            ({"tags": ["a:b", 1]}, "tags"),
            ({"host": None}, "host"),
            ({"hostname": "web"}, "hostname"),
        ],
    )
    def test_refused(self, intake: Intake, session: requests.Session, change: dict[str, Any], message: str) -> None:
        answer = post_event(session, intake, {**EVENT, **change})
        assert answer.status_code == 400
        assert message in answer.json()["errors"][0]
        assert not intake.events

    def test_too_old(self, intake: Intake, session: requests.Session) -> None:
        for age, status in ((18 * HOURS - 60, 202), (18 * HOURS + 60, 400)):
            answer = post_event(session, intake, {**EVENT, "date_happened": int(time.time()) - age})
            assert answer.status_code == status
        assert answer.text == '{"errors": ["Event too far in the past"]}'
        assert answer.headers["Content-Type"] == "text/plain"

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff"])
    def test_not_an_object(self, intake: Intake, session: requests.Session, body: bytes) -> None:
        answer = session.post(intake.url + EVENTS, body, headers={"Content-Type": "application/json"}, timeout=5)
        assert answer.status_code == 400

    def test_other_forms(self, intake: Intake, session: requests.Session) -> None:
        assert session.post(intake.url + EVENTS, json.dumps(EVENT), timeout=5).status_code == 400
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        body = gzip.compress(json.dumps(EVENT).encode())
        assert session.post(intake.url + EVENTS, body, headers=headers, timeout=5).status_code == 400
        assert session.post(intake.url + "/api/v2/events", json=EVENT, timeout=5).status_code == 404


class TestLogs:
    def test_model_of_the_official_client(self, intake: Intake, session: requests.Session) -> None:
        assert set(HTTPLogItem.openapi_types) == set(datadog_intake.LOG_STRINGS)
        logs = HTTPLog([HTTPLogItem(**LOG)])
        assert post_logs(session, intake, [item.to_dict() for item in logs.value]).status_code == 202

    @pytest.mark.parametrize(
        ("compress", "encoding"), [(None, "identity"), (gzip.compress, "gzip"), (zlib.compress, "deflate")]
    )
    def test_accepted(
        self, intake: Intake, session: requests.Session, compress: Compress | None, encoding: str
    ) -> None:
        answer = post_logs(session, intake, [LOG, LOG], compress, encoding)
        assert (answer.status_code, answer.json()) == (202, {})
        assert post_logs(session, intake, LOG, compress, encoding).status_code == 202
        assert intake.logs == [LOG] * 3

    def test_old_ones_dropped_without_a_word(self, intake: Intake, session: requests.Session) -> None:
        old = int((time.time() - 18 * HOURS - 60) * 1000)
        new = int((time.time() - 18 * HOURS + 60) * 1000)
        logs = [LOG | {"timestamp": old}, LOG | {"timestamp": new}, LOG | {"date": "2020-01-01T00:00:00Z"}, LOG]
        assert post_logs(session, intake, logs).status_code == 202
        assert len(intake.logs) == 2
        assert len(intake.dropped_logs) == 2

    @pytest.mark.parametrize(
        ("logs", "status"),
        [
            ([LOG] * 1000, 202),
            ([LOG] * 1001, 413),
            ([LOG | {"message": "m" * 900_000}] * 5, 202),
            ([LOG | {"message": "m" * 900_000}] * 6, 413),
            ([LOG | {"message": "m" * 1_000_000}], 413),
            ([LOG | {"ddtags": ["a:b"]}], 400),
            ([{"ddsource": "s"}], 400),
            ([1], 400),
            (1, 400),
        ],
    )
    def test_limits(self, intake: Intake, session: requests.Session, logs: object, status: int) -> None:
        assert post_logs(session, intake, logs, gzip.compress, "gzip").status_code == status

    def test_broken_encodings(self, intake: Intake, session: requests.Session) -> None:
        assert post_logs(session, intake, [LOG], encoding="gzip").status_code == 400
        assert post_logs(session, intake, [LOG], encoding="br").status_code == 400


class TestFaults:
    def test_every(self, intake: Intake, session: requests.Session) -> None:
        intake.faults = [every(2, respond(500))]
        assert [post_event(session, intake).status_code for _ in range(4)] == [202, 500, 202, 500]
        assert len(intake.events) == 2
        assert intake.answers == [202, 500, 202, 500]

    def test_first_with_headers_and_body(self, intake: Intake, session: requests.Session) -> None:
        intake.faults = [first(1, respond(503, "<html>", {"Retry-After": "3"}))]
        answer = post_event(session, intake)
        assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "<html>", "3")
        assert answer.headers["Content-Type"] == "text/html"
        assert post_event(session, intake).status_code == 202

    def test_when(self, intake: Intake, session: requests.Session) -> None:
        intake.faults = [when(lambda request: request.json()["title"] == "bad", respond(400, {"errors": ["no"]}))]
        assert post_event(session, intake, EVENT | {"title": "bad"}).status_code == 400
        assert post_event(session, intake).status_code == 202

    def test_first_fault_that_applies_wins(self, intake: Intake, session: requests.Session) -> None:
        intake.faults = [every(2, respond(500)), always(respond(429))]
        assert [post_event(session, intake).status_code for _ in range(2)] == [429, 500]

    @pytest.mark.parametrize("accepted", [False, True])
    def test_reset(self, intake: Intake, session: requests.Session, accepted: bool) -> None:
        intake.faults = [first(1, reset(after_accepting=accepted))]
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            post_event(session, intake)
        assert len(intake.events) == accepted
        assert post_event(session, intake).status_code == 202

    def test_delay(self, intake: Intake, session: requests.Session) -> None:
        intake.faults = [first(1, delay(0.3))]
        with pytest.raises(requests.ReadTimeout):
            session.post(intake.url + EVENTS, json=EVENT, timeout=0.1)
        assert intake.wait_for_events(1, 5) == [EVENT]

    def test_down_and_up_again(self, intake: Intake, session: requests.Session) -> None:
        url = intake.url
        assert post_event(session, intake).status_code == 202
        intake.down()
        with pytest.raises(requests.ConnectionError):
            post_event(session, intake)
        with pytest.raises(requests.ConnectionError, match="refused"):
            post_event(session, intake)
        intake.up()
        assert intake.url == url
        assert post_event(session, intake).status_code == 202

    def test_clear(self, intake: Intake, session: requests.Session) -> None:
        intake.faults = [always(respond(500))]
        post_event(session, intake)
        intake.clear()
        assert not intake.requests
        assert post_event(session, intake).status_code == 202


def test_connections_are_counted_and_kept(intake: Intake, session: requests.Session) -> None:
    for _ in range(3):
        post_event(session, intake)
    assert intake.connections == 1
    with requests.Session() as another:
        another.headers["DD-API-KEY"] = API_KEY
        post_event(another, intake)
    assert intake.connections == 2
    assert len(intake.requests) == 4


def test_answers_at_once(intake: Intake, session: requests.Session) -> None:
    """Without a pause for the other side's acknowledgement, which would be 40 ms on each request."""
    start = time.monotonic()
    for _ in range(50):
        post_event(session, intake)
    assert time.monotonic() - start < 50 * 0.03


def test_as_a_process() -> None:
    command = [sys.executable, "-m", "tools.datadog_intake", "--key", "k"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        url = process.stdout.readline().strip()
        assert requests.post(url + EVENTS, json=EVENT, headers={"DD-API-KEY": "k"}, timeout=5).status_code == 202
        assert requests.get(url + datadog_intake.STATE, timeout=5).json()["events"] == [EVENT]
        process.stdin.close()
        assert process.wait(5) == 0
