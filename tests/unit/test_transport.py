"""Requests over real sockets: what is prepared once must not leak from one request into the next."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from deep_security_datadog import __version__
from deep_security_datadog.transport import NoAnswer, Transport
from tools import datadog_intake
from tools.datadog_intake import API_KEY, EVENTS, Intake, respond

TIMEOUT = (2.0, 2.0)


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with datadog_intake.running() as running:
        yield running


@pytest.fixture
def transport() -> Transport:
    return Transport(connections=2)


def post(transport: Transport, intake: Intake, text: str = "one", **headers: str) -> int:
    body = json.dumps({"title": "t", "text": text}).encode()
    return transport.post(intake.url + EVENTS, body, {"DD-API-KEY": API_KEY} | headers, timeout=TIMEOUT).status


def test_each_request_has_its_own_body_length_and_headers(intake: Intake, transport: Transport) -> None:
    statuses = [post(transport, intake, "a" * size, **{"X-Size": str(size)}) for size in (300, 3, 30)]
    statuses.append(post(transport, intake))
    assert statuses == [202] * 4
    assert [len(event["text"]) for event in intake.events] == [300, 3, 30, 3]
    headers = [{name.lower(): value for name, value in request.headers.items()} for request in intake.requests]
    assert [found.get("x-size") for found in headers] == ["300", "3", "30", None]
    assert {found["user-agent"] for found in headers} == {f"deep-security-datadog/{__version__}"}
    assert {found["content-type"] for found in headers} == {"application/json"}
    assert intake.connections == 1


def test_cookies_are_not_sent_back(intake: Intake, transport: Transport) -> None:
    intake.faults.append(datadog_intake.always(respond(202, {}, {"Set-Cookie": "session=1; Path=/"})))
    post(transport, intake)
    post(transport, intake)
    assert not [name for request in intake.requests for name in request.headers if name.lower() == "cookie"]


def test_a_redirect_is_an_answer_and_takes_the_key_nowhere(intake: Intake, transport: Transport) -> None:
    intake.faults.append(datadog_intake.always(respond(307, "", {"Location": "http://127.0.0.1:9/elsewhere"})))
    assert post(transport, intake) == 307
    assert len(intake.requests) == 1


@pytest.mark.parametrize("key", ["ключ", "two\nlines", "two\rlines"])
def test_a_key_that_no_header_can_hold_is_no_answer_and_not_named(
    intake: Intake, transport: Transport, key: str
) -> None:
    with pytest.raises(NoAnswer) as raised:
        post(transport, intake, **{"DD-API-KEY": key})
    assert key not in str(raised.value)
    assert raised.value.__suppress_context__, "the traceback would show the key"
    assert post(transport, intake) == 202


def test_the_proxy_of_the_environment_is_used(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", intake.url)
    monkeypatch.delenv("NO_PROXY")
    reply = Transport(connections=1).post("http://api.example.com/x", b"{}", {}, timeout=TIMEOUT)
    assert reply.status == 404
    assert {name.lower(): value for name, value in intake.requests[0].headers.items()}["host"] == "api.example.com"


def test_nobody_there_is_no_answer(intake: Intake, transport: Transport) -> None:
    assert post(transport, intake) == 202
    intake.down()
    with pytest.raises(NoAnswer, match="ConnectionError"):
        post(transport, intake)


def test_an_answer_whose_end_is_missing_is_an_answer(intake: Intake, transport: Transport) -> None:
    too_long = {"Content-Length": "1000", "Connection": "close"}
    intake.faults.append(datadog_intake.first(1, respond(202, {}, too_long)))
    assert [post(transport, intake), post(transport, intake)] == [202, 202]


def test_answers_that_are_long_leave_the_connection_usable(intake: Intake, transport: Transport) -> None:
    intake.faults.append(datadog_intake.always(respond(503, "x" * 1_000_000)))
    assert [post(transport, intake), post(transport, intake)] == [503, 503]
    assert intake.connections == 1


def test_a_bundle_of_authorities_that_is_missing_is_no_answer(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with pytest.raises(NoAnswer, match="OSError"):
        transport.post("https://127.0.0.1:9/", b"{}", {}, timeout=TIMEOUT)


def test_each_address_has_its_own_connections(intake: Intake, transport: Transport) -> None:
    with datadog_intake.running() as other:
        assert [post(transport, there) for there in (intake, other, intake, other)] == [202] * 4
        assert (intake.connections, other.connections) == (1, 1)
