"""The fake Datadog: answers as the real intake was recorded, is strict, and faulty only where a test asks for it."""

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import requests
from datadog_api_client.v1.model.event_alert_type import EventAlertType
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v2.model.http_log_item import HTTPLogItem

from tests.faults import every, first, reset
from tools import fake_datadog
from tools.fake_datadog import API_KEY, FakeDatadog, intake
from tools.fake_datadog.faults import respond, when
from tools.fake_datadog.intake import EVENTS, LOGS

Json: TypeAlias = dict[str, Any]
Compress: TypeAlias = Callable[[bytes], bytes]

HOURS = 3600
# Requests to the real intakes and their answers, published by Datadog with its clients' tests.
RECORDED = json.loads(Path(__file__).with_name("recorded_intake.json").read_text(encoding="utf-8"))
# Properties with nothing in them, and two that no reference names: the fake refuses what may be a mistake.
STRICTER = {"Testing events from dogshell"}
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
    return session.post(datadog.url + EVENTS, json=event, timeout=60, **options)


def post_logs(
    session: requests.Session,
    datadog: FakeDatadog,
    logs: object,
    compress: Compress = bytes,
    encoding: str = "identity",
) -> requests.Response:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    return session.post(datadog.url + LOGS, compress(json.dumps(logs).encode()), headers=headers, timeout=60)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["recorded_by"].rpartition("/")[2])
def test_answers_as_recorded(datadog: FakeDatadog, session: requests.Session, recorded: Json) -> None:
    sent = recorded["sent"]
    if recorded["kind"] == "logs":
        answer = post_logs(session, datadog, sent)
        assert (answer.status_code, answer.json()) == (202, recorded["answered"])
        return
    if recorded["status"] == 202 and "date_happened" in sent:
        sent |= {"date_happened": int(time.time())}
    answer = post_event(session, datadog, sent)
    if sent["title"] in STRICTER:
        assert answer.status_code == 400
        return
    assert answer.status_code == recorded["status"]
    if recorded["status"] != 202:
        assert (answer.json(), answer.headers["Content-Type"]) == (recorded["answered"], "text/plain")
        return
    found, expected = answer.json()["event"], recorded["answered"]["event"]
    # A later addition.
    assert found.keys() == expected.keys() | {"id_str"} and found["id_str"] == str(found["id"])
    own = {"id", "id_str", "url", "date_happened"}
    assert all(found[name] == value for name, value in expected.items() if name not in own)
    assert answer.json()["status"] == "ok" and datadog.events == [sent]


@pytest.mark.parametrize("key", [None, "f" * 32])
def test_a_missing_or_wrong_key(datadog: FakeDatadog, session: requests.Session, key: str | None) -> None:
    session.headers["DD-API-KEY"] = key  # type: ignore[assignment]
    answer = post_event(session, datadog, params={"api_key": API_KEY})
    assert (answer.status_code, answer.json()["errors"]) == (403, ["Forbidden" if key else "API key required"])
    assert post_logs(session, datadog, [LOG]).status_code == (403 if key else 401)
    assert not datadog.events + datadog.logs
    datadog.keys.add(key or "")
    assert post_event(session, datadog).status_code == (202 if key else 403)


def test_models_of_the_official_client() -> None:
    """The table of properties is complete: the model has each of them and no other."""
    assert set(EventCreateRequest.openapi_types) == set(intake.EVENT_PROPERTIES)
    assert EventAlertType.allowed_values == set(intake.EVENT_PROPERTIES["alert_type"]["enum"])
    assert set(HTTPLogItem.openapi_types) == set(intake.LOG_PROPERTIES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", None), ("title", ""), ("text", ""), ("text", "t" * 4001), ("text", ["t"]),
        ("aggregation_key", "k" * 101), ("aggregation_key", 1), ("alert_type", "critical"), ("priority", "high"),
        ("date_happened", "1700000000"), ("date_happened", 1700000000.5), ("date_happened", True), ("tags", "a:b"),
        ("tags", ["a:b", 1]), ("host", None), ("hostname", "web"),
    ],
)  # fmt: skip
def test_an_event_that_may_be_a_mistake_is_refused(
    datadog: FakeDatadog, session: requests.Session, name: str, value: object
) -> None:
    answer = post_event(session, datadog, {**EVENT, name: value})
    assert answer.status_code == 400
    assert name in answer.json()["errors"][0]
    assert not datadog.events


def test_an_event_that_is_too_old(datadog: FakeDatadog, session: requests.Session) -> None:
    for age, status in ((18 * HOURS - 60, 202), (18 * HOURS + 60, 400)):
        answer = post_event(session, datadog, {**EVENT, "date_happened": int(time.time()) - age})
        assert answer.status_code == status
    assert answer.text == '{"errors": ["Event too far in the past"]}'


def test_an_event_in_another_form(datadog: FakeDatadog, session: requests.Session) -> None:
    session.headers["Content-Type"] = "application/json"
    body, zipped = json.dumps(EVENT).encode(), {"Content-Encoding": "gzip"}
    for other in (b"", b"{", b"[]", b'"text"', b"null", b"\xff"):
        assert session.post(datadog.url + EVENTS, other, timeout=60).status_code == 400
    assert session.post(datadog.url + EVENTS, gzip.compress(body), headers=zipped, timeout=60).status_code == 400
    assert session.post(datadog.url + EVENTS, body, headers={"Content-Type": ""}, timeout=60).status_code == 400
    assert session.post(datadog.url + "/api/v2/events", body, timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("compress", "encoding", "status"),
    [
        (bytes, "identity", 202), (gzip.compress, "gzip", 202), (zlib.compress, "deflate", 202),
        (bytes, "gzip", 400), (bytes, "br", 400),
    ],
)  # fmt: skip
def test_encodings_of_logs(
    datadog: FakeDatadog, session: requests.Session, compress: Compress, encoding: str, status: int
) -> None:
    assert post_logs(session, datadog, [LOG, LOG], compress, encoding).status_code == status
    assert datadog.logs == ([LOG] * 2 if status == 202 else [])


def test_old_logs_are_dropped_without_a_word(datadog: FakeDatadog, session: requests.Session) -> None:
    old = int((time.time() - 18 * HOURS - 60) * 1000)
    new = int((time.time() - 18 * HOURS + 60) * 1000)
    sent = [LOG | {"timestamp": old}, LOG | {"timestamp": new}, LOG | {"date": "2020-01-01T00:00:00Z"}, LOG]
    assert post_logs(session, datadog, sent).status_code == 202
    assert (len(datadog.logs), len(datadog.dropped_logs)) == (2, 2)


@pytest.mark.parametrize(
    ("logs", "status"),
    [
        ([LOG] * 1000, 202), ([LOG] * 1001, 413),
        ([LOG | {"message": "m" * 900_000}] * 5, 202), ([LOG | {"message": "m" * 900_000}] * 6, 413),
        ([LOG | {"message": "m" * 1_000_000}], 413),
        *((logs, 400) for logs in ([LOG | {"ddtags": ["a:b"]}], [{"ddsource": "s"}], [1], 1)),
    ],
)  # fmt: skip
def test_limits_of_logs(datadog: FakeDatadog, session: requests.Session, logs: object, status: int) -> None:
    answer = post_logs(session, datadog, logs, gzip.compress, "gzip")
    assert answer.status_code == status
    # As reported in open-telemetry/opentelemetry-collector-contrib issue 16834.
    assert status != 413 or answer.json()["errors"][0]["title"] == "Request Entity Too Large"


def statuses(session: requests.Session, datadog: FakeDatadog, count: int) -> list[int]:
    return [post_event(session, datadog).status_code for _ in range(count)]


def test_the_first_fault_that_applies_wins(datadog: FakeDatadog, session: requests.Session) -> None:
    bad = when(lambda request: request.json()["title"] == "bad", respond(400, {"errors": ["no"]}))
    datadog.faults = [bad, every(2, respond(500)), first(1, respond(503, "<html>", {"Retry-After": "3"}))]
    answer = post_event(session, datadog)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "<html>", "3")
    assert answer.headers["Content-Type"] == "text/html"
    assert statuses(session, datadog, 3) == [500, 202, 500] and len(datadog.events) == 1
    assert post_event(session, datadog, EVENT | {"title": "bad"}).status_code == 400
    assert datadog.answers == [503, 500, 202, 500, 400]
    datadog.clear()
    assert not datadog.requests and statuses(session, datadog, 2) == [202, 202]


@pytest.mark.parametrize("accepted", [False, True])
def test_reset(datadog: FakeDatadog, session: requests.Session, accepted: bool) -> None:
    datadog.faults = [first(1, reset(after_accepting=accepted))]
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        post_event(session, datadog)
    assert len(datadog.events) == accepted
    assert post_event(session, datadog).status_code == 202


def test_down_and_up_again(datadog: FakeDatadog, session: requests.Session) -> None:
    url = datadog.url
    assert statuses(session, datadog, 3) == [202] * 3 and datadog.connections == 1
    with requests.Session() as another:
        another.headers["DD-API-KEY"] = API_KEY
        assert post_event(another, datadog).status_code == 202 and datadog.connections == 2
    datadog.down()
    with pytest.raises(requests.ConnectionError):
        post_event(session, datadog)
    with pytest.raises(requests.ConnectionError, match="refused"):
        post_event(session, datadog)
    datadog.up()
    assert datadog.url == url
    assert post_event(session, datadog).status_code == 202
