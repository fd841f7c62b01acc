"""The fake Datadog: strict where the real intake is, and faulty only where a test asks for it."""

from __future__ import annotations

import gzip
import json
import statistics
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

from tools import fake_datadog
from tools.fake_datadog import API_KEY, FakeDatadog, intake
from tools.fake_datadog.faults import always, delay, every, first, reset, respond, when
from tools.fake_datadog.intake import EVENTS, LOGS

Json: TypeAlias = dict[str, Any]
Compress: TypeAlias = Callable[[bytes], bytes]

HOURS = 3600
EVENT: Json = {"title": "Firewall", "text": "Denied"}
LOG: Json = {"ddsource": "deep-security", "ddtags": "a:b", "hostname": "web", "message": "Denied", "service": "s"}


@pytest.fixture
def datadog() -> Iterator[FakeDatadog]:
    with fake_datadog.running() as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["DD-API-KEY"] = API_KEY
        yield session


def post_event(
    session: requests.Session, datadog: FakeDatadog, event: Json = EVENT, **options: Any
) -> requests.Response:
    return session.post(datadog.url + EVENTS, json=event, timeout=5, **options)


def post_logs(
    session: requests.Session,
    datadog: FakeDatadog,
    logs: object,
    compress: Compress | None = None,
    encoding: str = "identity",
) -> requests.Response:
    body = json.dumps(logs).encode()
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    return session.post(datadog.url + LOGS, compress(body) if compress else body, headers=headers, timeout=5)


class TestKeys:
    def test_missing(self, datadog: FakeDatadog, session: requests.Session) -> None:
        del session.headers["DD-API-KEY"]
        assert post_event(session, datadog).status_code == 403
        assert post_logs(session, datadog, [LOG]).status_code == 401
        assert not datadog.events + datadog.logs

    def test_wrong(self, datadog: FakeDatadog, session: requests.Session) -> None:
        session.headers["DD-API-KEY"] = "f" * 32
        answer = post_event(session, datadog)
        assert (answer.status_code, answer.json()["errors"]) == (403, ["Forbidden"])
        assert post_logs(session, datadog, [LOG]).status_code == 403
        assert not datadog.events + datadog.logs

    def test_not_taken_from_the_query(self, datadog: FakeDatadog, session: requests.Session) -> None:
        del session.headers["DD-API-KEY"]
        assert post_event(session, datadog, params={"api_key": API_KEY}).status_code == 403

    def test_changed_at_run_time(self, datadog: FakeDatadog, session: requests.Session) -> None:
        datadog.keys = {"b" * 32}
        assert post_event(session, datadog).status_code == 403
        datadog.keys |= {API_KEY}
        assert post_event(session, datadog).status_code == 202


class TestEvents:
    def test_accepted(self, datadog: FakeDatadog, session: requests.Session) -> None:
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
        answer = post_event(session, datadog, event)
        assert answer.status_code == 202
        assert answer.json()["status"] == "ok"
        assert answer.json()["event"]["id_str"] == str(answer.json()["event"]["id"])
        assert datadog.events == [event]

    def test_models_of_the_official_client(self, datadog: FakeDatadog, session: requests.Session) -> None:
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
        assert set(EventCreateRequest.openapi_types) == set(intake.EVENT_PROPERTIES)
        answer = post_event(session, datadog, request.to_dict())
        assert answer.status_code == 202
        documented = EventCreateResponse.openapi_types["event"][0].openapi_types
        # Both are in each recorded answer, though in no model.
        assert set(answer.json()["event"]) - {"handle", "related_event_id"} <= set(documented)

    def test_alert_types_of_the_official_client(self) -> None:
        assert EventAlertType.allowed_values == set(intake.EVENT_PROPERTIES["alert_type"]["enum"])

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
    def test_refused(
        self, datadog: FakeDatadog, session: requests.Session, change: dict[str, Any], message: str
    ) -> None:
        answer = post_event(session, datadog, {**EVENT, **change})
        assert answer.status_code == 400
        assert message in answer.json()["errors"][0]
        assert not datadog.events

    def test_too_old(self, datadog: FakeDatadog, session: requests.Session) -> None:
        for age, status in ((18 * HOURS - 60, 202), (18 * HOURS + 60, 400)):
            answer = post_event(session, datadog, {**EVENT, "date_happened": int(time.time()) - age})
            assert answer.status_code == status
        assert answer.text == '{"errors": ["Event too far in the past"]}'
        assert answer.headers["Content-Type"] == "text/plain"

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff"])
    def test_not_an_object(self, datadog: FakeDatadog, session: requests.Session, body: bytes) -> None:
        answer = session.post(datadog.url + EVENTS, body, headers={"Content-Type": "application/json"}, timeout=5)
        assert answer.status_code == 400

    def test_other_forms(self, datadog: FakeDatadog, session: requests.Session) -> None:
        assert session.post(datadog.url + EVENTS, json.dumps(EVENT), timeout=5).status_code == 400
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        body = gzip.compress(json.dumps(EVENT).encode())
        assert session.post(datadog.url + EVENTS, body, headers=headers, timeout=5).status_code == 400
        assert session.post(datadog.url + "/api/v2/events", json=EVENT, timeout=5).status_code == 404


class TestLogs:
    def test_model_of_the_official_client(self, datadog: FakeDatadog, session: requests.Session) -> None:
        assert set(HTTPLogItem.openapi_types) == set(intake.LOG_PROPERTIES)
        logs = HTTPLog([HTTPLogItem(**LOG)])
        assert post_logs(session, datadog, [item.to_dict() for item in logs.value]).status_code == 202

    @pytest.mark.parametrize(
        ("compress", "encoding"), [(None, "identity"), (gzip.compress, "gzip"), (zlib.compress, "deflate")]
    )
    def test_accepted(
        self, datadog: FakeDatadog, session: requests.Session, compress: Compress | None, encoding: str
    ) -> None:
        answer = post_logs(session, datadog, [LOG, LOG], compress, encoding)
        assert (answer.status_code, answer.json()) == (202, {})
        assert post_logs(session, datadog, LOG, compress, encoding).status_code == 202
        assert datadog.logs == [LOG] * 3

    def test_old_ones_dropped_without_a_word(self, datadog: FakeDatadog, session: requests.Session) -> None:
        old = int((time.time() - 18 * HOURS - 60) * 1000)
        new = int((time.time() - 18 * HOURS + 60) * 1000)
        logs = [LOG | {"timestamp": old}, LOG | {"timestamp": new}, LOG | {"date": "2020-01-01T00:00:00Z"}, LOG]
        assert post_logs(session, datadog, logs).status_code == 202
        assert len(datadog.logs) == 2
        assert len(datadog.dropped_logs) == 2

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
    def test_limits(self, datadog: FakeDatadog, session: requests.Session, logs: object, status: int) -> None:
        assert post_logs(session, datadog, logs, gzip.compress, "gzip").status_code == status

    def test_broken_encodings(self, datadog: FakeDatadog, session: requests.Session) -> None:
        assert post_logs(session, datadog, [LOG], encoding="gzip").status_code == 400
        assert post_logs(session, datadog, [LOG], encoding="br").status_code == 400


class TestFaults:
    def test_every(self, datadog: FakeDatadog, session: requests.Session) -> None:
        datadog.faults = [every(2, respond(500))]
        assert [post_event(session, datadog).status_code for _ in range(4)] == [202, 500, 202, 500]
        assert len(datadog.events) == 2
        assert datadog.answers == [202, 500, 202, 500]

    def test_first_with_headers_and_body(self, datadog: FakeDatadog, session: requests.Session) -> None:
        datadog.faults = [first(1, respond(503, "<html>", {"Retry-After": "3"}))]
        answer = post_event(session, datadog)
        assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "<html>", "3")
        assert answer.headers["Content-Type"] == "text/html"
        assert post_event(session, datadog).status_code == 202

    def test_when(self, datadog: FakeDatadog, session: requests.Session) -> None:
        datadog.faults = [when(lambda request: request.json()["title"] == "bad", respond(400, {"errors": ["no"]}))]
        assert post_event(session, datadog, EVENT | {"title": "bad"}).status_code == 400
        assert post_event(session, datadog).status_code == 202

    def test_first_fault_that_applies_wins(self, datadog: FakeDatadog, session: requests.Session) -> None:
        datadog.faults = [every(2, respond(500)), always(respond(429))]
        assert [post_event(session, datadog).status_code for _ in range(2)] == [429, 500]

    @pytest.mark.parametrize("accepted", [False, True])
    def test_reset(self, datadog: FakeDatadog, session: requests.Session, accepted: bool) -> None:
        datadog.faults = [first(1, reset(after_accepting=accepted))]
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            post_event(session, datadog)
        assert len(datadog.events) == accepted
        assert post_event(session, datadog).status_code == 202

    def test_delay(self, datadog: FakeDatadog, session: requests.Session) -> None:
        datadog.faults = [first(1, delay(0.3))]
        with pytest.raises(requests.ReadTimeout):
            session.post(datadog.url + EVENTS, json=EVENT, timeout=0.1)
        assert datadog.wait(lambda: datadog.events == [EVENT], 5)

    def test_down_and_up_again(self, datadog: FakeDatadog, session: requests.Session) -> None:
        url = datadog.url
        assert post_event(session, datadog).status_code == 202
        datadog.down()
        with pytest.raises(requests.ConnectionError):
            post_event(session, datadog)
        with pytest.raises(requests.ConnectionError, match="refused"):
            post_event(session, datadog)
        datadog.up()
        assert datadog.url == url
        assert post_event(session, datadog).status_code == 202

    def test_clear(self, datadog: FakeDatadog, session: requests.Session) -> None:
        datadog.faults = [always(respond(500))]
        post_event(session, datadog)
        datadog.clear()
        assert not datadog.requests
        assert post_event(session, datadog).status_code == 202


def test_connections_are_counted_and_kept(datadog: FakeDatadog, session: requests.Session) -> None:
    for _ in range(3):
        post_event(session, datadog)
    assert datadog.connections == 1
    with requests.Session() as another:
        another.headers["DD-API-KEY"] = API_KEY
        post_event(another, datadog)
    assert datadog.connections == 2
    assert len(datadog.requests) == 4


def test_answers_at_once(datadog: FakeDatadog, session: requests.Session) -> None:
    """Without a pause for the other side's acknowledgement, which would be 40 ms on each request."""
    durations = []
    for _ in range(50):
        start = time.monotonic()
        post_event(session, datadog)
        durations.append(time.monotonic() - start)
    assert statistics.median(durations) < 0.03


def test_in_a_process_of_its_own() -> None:
    with fake_datadog.apart(latency=0.2) as url:
        start = time.monotonic()
        assert requests.post(url + EVENTS, json=EVENT, headers={"DD-API-KEY": API_KEY}, timeout=5).status_code == 202
        assert time.monotonic() - start > 0.2
        assert requests.get(url + fake_datadog.STATE, timeout=5).json()["events"] == [EVENT]
        assert requests.post(url, timeout=5).json()["SecretString"] == API_KEY
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
