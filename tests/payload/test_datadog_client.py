"""The answer to each request: when to try again, when to stop, and what goes over the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Barrier

import pytest
import requests
import responses

from deep_security_datadog import __version__
from deep_security_datadog.api_key import ApiKey, ApiKeyUnavailable
from deep_security_datadog.circuit_breaker import SHORTEST_REQUEST
from deep_security_datadog.datadog_client import (
    BACKOFF,
    CONNECT_TIMEOUT,
    MARGIN,
    MOST_ATTEMPTS,
    READ_TIMEOUT,
    DatadogClient,
)
from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.request import Endpoint, Request
from tests.support import EVENTS_URL, LOGS_URL
from tools import fake_datadog
from tools.fake_datadog import API_KEY, FakeDatadog
from tools.fake_datadog.faults import always, first, respond
from tools.fake_datadog.intake import EVENTS

ENDPOINT = Endpoint(EVENTS_URL, api_key_header="DD-API-KEY")
REQUEST = Request(ENDPOINT, lambda: b"{}")
ACCEPTED, RETRY, REFUSED = Outcome


@pytest.fixture
def waits() -> list[float]:
    """Seconds that the client slept."""
    return []


@pytest.fixture
def client(waits: list[float]) -> DatadogClient:
    return DatadogClient(ApiKey(lambda: "key", reload_interval=300), concurrent_requests=1, sleep=waits.append)


@dataclass(eq=False)
class Carrier:
    request: Request


def answers_to(client: DatadogClient, requests: Iterable[Request], seconds: float = 60) -> list[Answer]:
    """The answers in the order of the requests."""
    carriers = [Carrier(request) for request in requests]
    answers = dict(client.send(carriers, seconds_left=lambda: seconds))
    return [answers[carrier] for carrier in carriers]


def send(client: DatadogClient, count: int = 1, seconds: float = 60, request: Request = REQUEST) -> list[Outcome]:
    return [answer.outcome for answer in answers_to(client, [request] * count, seconds)]


# Statuses ----------------------------------------------------------------------------------------------------------


def test_accepted(intake: responses.RequestsMock, client: DatadogClient) -> None:
    intake.post(EVENTS_URL, status=202)
    assert answers_to(client, [REQUEST] * 3) == [Answer(ACCEPTED, 202, attempts=1)] * 3
    headers = intake.calls[0].request.headers
    assert headers["DD-API-KEY"] == "key"
    assert headers["User-Agent"].startswith("deep-security-datadog/")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_refused_for_good(intake: responses.RequestsMock, client: DatadogClient, status: int) -> None:
    intake.post(EVENTS_URL, status=status)
    (answer,) = answers_to(client, [REQUEST])
    assert answer == Answer(REFUSED, status, f"HTTP {status}", attempts=1)
    assert len(intake.calls) == 1


@pytest.mark.parametrize("status", [301, 404, 408, 429, 500, 502, 503, 504])
def test_anything_else_is_never_a_success_and_never_a_loss(
    intake: responses.RequestsMock, client: DatadogClient, status: int
) -> None:
    intake.post(EVENTS_URL, status=status, body="<html>proxy</html>")
    (answer,) = answers_to(client, [REQUEST])
    assert answer == Answer(RETRY, status, f"HTTP {status}", attempts=MOST_ATTEMPTS)
    assert len(intake.calls) == MOST_ATTEMPTS


def test_network_errors_are_tried_again(intake: responses.RequestsMock, client: DatadogClient) -> None:
    intake.post(EVENTS_URL, body=requests.ConnectionError("reset"))
    intake.post(EVENTS_URL, body=requests.ReadTimeout("slow"))
    intake.post(EVENTS_URL, status=202)
    assert answers_to(client, [REQUEST]) == [Answer(ACCEPTED, 202, attempts=3)]


def test_too_large_is_cut_once(intake: responses.RequestsMock, client: DatadogClient) -> None:
    intake.post(EVENTS_URL, status=413)
    intake.post(EVENTS_URL, status=202)
    request = Request(ENDPOINT, lambda: b"long", lambda: b"short")
    assert send(client, request=request) == [ACCEPTED]
    assert [call.request.body for call in intake.calls] == [b"long", b"short"]


def test_still_too_large_is_refused(intake: responses.RequestsMock, client: DatadogClient) -> None:
    intake.post(EVENTS_URL, status=413)
    request = Request(ENDPOINT, lambda: b"long", lambda: b"short")
    assert send(client, request=request) == [REFUSED]
    assert len(intake.calls) == 2


def test_too_large_at_the_last_attempt_is_no_loss(intake: responses.RequestsMock, client: DatadogClient) -> None:
    for status in (503, 503, 503, 413):
        intake.post(EVENTS_URL, status=status)
    assert send(client, request=Request(ENDPOINT, lambda: b"long", lambda: b"short")) == [RETRY]
    assert len(intake.calls) == MOST_ATTEMPTS


def test_one_that_cannot_be_rendered_is_refused_and_the_others_are_sent_once(
    intake: responses.RequestsMock, client: DatadogClient
) -> None:
    def broken() -> bytes:
        raise KeyError("what an event says")

    intake.post(EVENTS_URL, status=202)
    answers = answers_to(client, [REQUEST, REQUEST._replace(body=broken), REQUEST])
    assert [answer.outcome for answer in answers] == [ACCEPTED, REFUSED, ACCEPTED]
    assert answers[1].reason == "cannot be rendered (KeyError)"
    assert len(intake.calls) == 2


# Waiting and stopping ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_waits_as_long_as_datadog_says(
    intake: responses.RequestsMock, client: DatadogClient, waits: list[float], header: str
) -> None:
    intake.post(EVENTS_URL, status=429, headers={header: "2"})
    intake.post(EVENTS_URL, status=202)
    assert send(client) == [ACCEPTED]
    assert waits == [2.0]


def test_waits_longer_each_time(intake: responses.RequestsMock, client: DatadogClient, waits: list[float]) -> None:
    intake.post(EVENTS_URL, status=503)
    assert send(client) == [RETRY]
    assert len(waits) == MOST_ATTEMPTS - 1
    assert all(0.5 * longest <= wait <= longest for wait, longest in zip(waits, BACKOFF, strict=False))


def test_a_long_wait_ends_the_invocation(
    intake: responses.RequestsMock, client: DatadogClient, waits: list[float]
) -> None:
    intake.post(EVENTS_URL, status=429, headers={"X-RateLimit-Reset": "40"})
    answers = answers_to(client, [REQUEST] * 5)
    assert [answer.outcome for answer in answers] == [RETRY] * 5
    assert [answer.reason for answer in answers] == ["HTTP 429"] + ["Datadog asks to wait 40 s"] * 4
    assert waits == [] and len(intake.calls) == 1


def test_no_wait_beyond_the_time_left(
    intake: responses.RequestsMock, client: DatadogClient, waits: list[float]
) -> None:
    intake.post(EVENTS_URL, status=429, headers={"Retry-After": "2"})
    assert send(client, seconds=MARGIN + SHORTEST_REQUEST + 2) == [RETRY]
    assert waits == [] and len(intake.calls) == 1


@pytest.mark.parametrize("seconds", [0.0, MARGIN, MARGIN + SHORTEST_REQUEST - 0.1, 3.9])
def test_starts_nothing_when_the_time_is_up(
    intake: responses.RequestsMock, client: DatadogClient, seconds: float
) -> None:
    intake.post(EVENTS_URL, status=202)
    answers = answers_to(client, [REQUEST] * 3, seconds)
    assert answers == [Answer(RETRY, reason="out of time")] * 3
    assert len(intake.calls) == 0


@pytest.mark.parametrize(
    ("left", "connect", "read"),
    [(60, CONNECT_TIMEOUT, READ_TIMEOUT), (8, CONNECT_TIMEOUT, 6), (4.5, 2.5, 2.5)],
)
def test_no_request_outlasts_the_invocation(
    intake: responses.RequestsMock, client: DatadogClient, left: float, connect: float, read: float
) -> None:
    timeouts = responses.matchers.request_kwargs_matcher({"timeout": (connect, read)})
    intake.post(EVENTS_URL, status=202, match=[timeouts])
    assert send(client, seconds=left) == [ACCEPTED]


def test_a_long_wait_is_heeded_at_the_last_attempt_too(intake: responses.RequestsMock, client: DatadogClient) -> None:
    for _ in range(MOST_ATTEMPTS - 1):
        intake.post(EVENTS_URL, status=500)
    intake.post(EVENTS_URL, status=429, headers={"Retry-After": "60"})
    answers = answers_to(client, [REQUEST] * 3)
    assert [answer.retry_after for answer in answers] == [60.0] * 3 and len(intake.calls) == MOST_ATTEMPTS


def test_stops_when_datadog_is_plainly_down(intake: responses.RequestsMock, client: DatadogClient) -> None:
    intake.post(EVENTS_URL, status=503)
    answers = answers_to(client, [REQUEST] * 100)
    assert {answer.outcome for answer in answers} == {RETRY}
    assert answers[-1].reason == "Datadog does not answer"
    assert len(intake.calls) <= 8


def test_every_second_failing_is_not_down(intake: responses.RequestsMock, client: DatadogClient) -> None:
    answers: Iterator[int] = iter([500, 202] * 100)
    intake.add_callback(responses.POST, EVENTS_URL, lambda _: (next(answers), {}, ""))
    assert send(client, 50) == [ACCEPTED] * 50


@pytest.mark.parametrize("status", [403, 500])
def test_an_endpoint_that_takes_nothing_does_not_stop_another(
    intake: responses.RequestsMock, client: DatadogClient, status: int
) -> None:
    other = Request(Endpoint(LOGS_URL), lambda: b"[]")
    intake.post(EVENTS_URL, status=status)
    intake.post(LOGS_URL, status=202)
    answers = answers_to(client, [REQUEST] * 20 + [other] * 2)
    assert [answer.outcome for answer in answers] == [RETRY] * 20 + [ACCEPTED] * 2
    assert len(intake.calls) < 20 + 2


def test_the_next_invocation_starts_afresh(intake: responses.RequestsMock, client: DatadogClient) -> None:
    intake.post(EVENTS_URL, status=503)
    send(client, 100)
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    assert send(client, 3) == [ACCEPTED] * 3


def test_requests_run_at_once(intake: responses.RequestsMock) -> None:
    together = Barrier(4, timeout=30)

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        together.wait()
        return 202, {}, ""

    intake.add_callback(responses.POST, EVENTS_URL, answer)
    client = DatadogClient(ApiKey(lambda: "key", reload_interval=300), concurrent_requests=4)
    assert send(client, 4) == [ACCEPTED] * 4


def test_answers_are_in_the_order_of_the_requests(intake: responses.RequestsMock) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        number = int(request.body or 0)
        time.sleep(0.05 if number == 0 else 0)
        return (202 if number % 2 else 400), {}, ""

    intake.add_callback(responses.POST, EVENTS_URL, answer)
    client = DatadogClient(ApiKey(lambda: "key", reload_interval=300), concurrent_requests=4)
    numbered = [Request(ENDPOINT, partial(bytes, str(number), "ascii")) for number in range(8)]
    answers = answers_to(client, numbered)
    assert [answer.outcome for answer in answers] == [REFUSED, ACCEPTED] * 4


# The API key -------------------------------------------------------------------------------------------------------


def keys(*values: str) -> Callable[[], str]:
    given = iter(values)
    return lambda: next(given)


def test_a_rotated_key_is_read_again(intake: responses.RequestsMock) -> None:
    client = DatadogClient(ApiKey(keys("old", "new"), reload_interval=300), concurrent_requests=1)
    intake.post(EVENTS_URL, status=403, match=[responses.matchers.header_matcher({"DD-API-KEY": "old"})])
    intake.post(EVENTS_URL, status=202, match=[responses.matchers.header_matcher({"DD-API-KEY": "new"})])
    assert send(client, 3) == [ACCEPTED] * 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_refused_twice_keeps_everything(intake: responses.RequestsMock, status: int) -> None:
    client = DatadogClient(ApiKey(keys("old", "new"), reload_interval=300), concurrent_requests=1)
    intake.post(EVENTS_URL, status=status)
    answers = answers_to(client, [REQUEST] * 20)
    assert {answer.outcome for answer in answers} == {RETRY}
    assert len(intake.calls) == 2
    assert "API key" in answers[-1].reason and "old" not in answers[-1].reason


def test_a_key_that_cannot_be_read_keeps_everything(intake: responses.RequestsMock) -> None:
    def unavailable() -> str:
        raise ApiKeyUnavailable("AccessDeniedException")

    client = DatadogClient(ApiKey(unavailable, reload_interval=300), concurrent_requests=1)
    assert send(client, 3) == [RETRY] * 3
    assert len(intake.calls) == 0


def test_a_refused_key_that_cannot_be_read_again_keeps_everything(intake: responses.RequestsMock) -> None:
    values = iter(["old"])

    def read() -> str:
        for value in values:
            return value
        raise ApiKeyUnavailable("AccessDeniedException")

    intake.post(EVENTS_URL, status=403)
    client = DatadogClient(ApiKey(read, reload_interval=300), concurrent_requests=1)
    answers = answers_to(client, [REQUEST] * 3)
    assert [answer.outcome for answer in answers] == [RETRY] * 3
    assert len(intake.calls) == 1 and answers[-1].reason == "the API key cannot be read: AccessDeniedException"


def test_of_several_refused_at_once_one_reads_the_key_again(intake: responses.RequestsMock) -> None:
    together, reads = Barrier(4, timeout=30), keys("old", "new")

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if request.headers["DD-API-KEY"] == "old":
            together.wait()
            return 403, {}, ""
        return 202, {}, ""

    intake.add_callback(responses.POST, EVENTS_URL, answer)
    client = DatadogClient(ApiKey(reads, reload_interval=300), concurrent_requests=4)
    assert send(client, 4) == [ACCEPTED] * 4
    with pytest.raises(StopIteration):
        reads()


# Over real sockets -------------------------------------------------------------------------------------------------


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDatadog]:
    """A fake Datadog that listens on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_datadog.running() as running:
        yield running


def real_client(key: str = API_KEY) -> DatadogClient:
    return DatadogClient(ApiKey(lambda: key, reload_interval=300), concurrent_requests=1, sleep=lambda _: None)


def event(text: str) -> bytes:
    return json.dumps({"title": "t", "text": text}).encode()


def post(client: DatadogClient, url: str, *bodies: bytes, **headers: str) -> list[Answer]:
    endpoint = Endpoint(url, (("Content-Type", "application/json"), *headers.items()), "DD-API-KEY")
    return answers_to(client, [Request(endpoint, partial(bytes, body)) for body in bodies])


def test_each_request_has_its_own_body_and_length(fake: FakeDatadog) -> None:
    answers = post(real_client(), fake.url + EVENTS, *(event("a" * size) for size in (300, 3, 30)))
    assert [answer.status for answer in answers] == [202] * 3
    assert [len(event["text"]) for event in fake.events] == [300, 3, 30]
    assert fake.connections == 1


def test_headers_are_those_of_the_endpoint(fake: FakeDatadog) -> None:
    client = real_client()
    post(client, fake.url + EVENTS, event("one"), **{"X-One": "1"})
    post(client, fake.url + EVENTS, event("two"))
    assert [request.headers.get("x-one") for request in fake.requests] == ["1", None]
    assert {request.headers["user-agent"] for request in fake.requests} == {f"deep-security-datadog/{__version__}"}


def test_the_api_key_is_sent_only_where_the_endpoint_says_so(fake: FakeDatadog) -> None:
    url, headers = fake.url + EVENTS, (("Content-Type", "application/json"),)
    endpoints = [Endpoint(url, headers, "X-Key"), Endpoint(url, headers), Endpoint(url, headers, "DD-API-KEY")]
    answers_to(real_client(), [Request(endpoint, lambda: event("x")) for endpoint in endpoints])
    carrying = {name for request in fake.requests for name, value in request.headers.items() if value == API_KEY}
    assert carrying == {"x-key", "dd-api-key"}
    without = [request for request in fake.requests if API_KEY not in request.headers.values()]
    assert len(without) == 1


def test_cookies_are_not_sent_back(fake: FakeDatadog) -> None:
    fake.faults.append(always(respond(202, {}, {"Set-Cookie": "session=1; Path=/"})))
    post(real_client(), fake.url + EVENTS, event("one"), event("two"))
    assert not [request for request in fake.requests if "cookie" in request.headers]


def test_a_redirect_is_an_answer_and_takes_the_key_nowhere(fake: FakeDatadog) -> None:
    with fake_datadog.running() as elsewhere:
        fake.faults.append(always(respond(307, "", {"Location": elsewhere.url})))
        (answer,) = post(real_client(), fake.url + EVENTS, event("x"))
        assert (answer.outcome, answer.status) == (RETRY, 307)
        assert not elsewhere.requests


@pytest.mark.parametrize("key", ["ключ", "two\nlines", "two\rlines"])
def test_a_key_that_no_header_can_hold_is_not_named(fake: FakeDatadog, key: str) -> None:
    (answer,) = post(real_client(key), fake.url + EVENTS, event("x"))
    assert answer.outcome is RETRY and key not in answer.reason
    assert not fake.requests


def test_the_proxy_of_the_environment_is_used(fake: FakeDatadog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", fake.url)
    monkeypatch.delenv("NO_PROXY")
    (answer,) = post(real_client(), "http://api.example.com/x", b"{}")
    assert answer.status == 404
    assert fake.requests[0].headers["host"] == "api.example.com"


def test_nobody_there_is_no_answer(fake: FakeDatadog) -> None:
    client = real_client()
    assert post(client, fake.url + EVENTS, event("x"))[0].status == 202
    fake.down()
    (answer,) = post(client, fake.url + EVENTS, event("x"))
    assert answer == Answer(RETRY, reason="ConnectionError", attempts=MOST_ATTEMPTS)


def test_an_accepted_answer_that_is_cut_off_stays_accepted(fake: FakeDatadog) -> None:
    too_long = {"Content-Length": "1000", "Connection": "close"}
    fake.faults.append(first(1, respond(202, {}, too_long)))
    answers = post(real_client(), fake.url + EVENTS, event("one"), event("two"))
    assert [(answer.outcome, answer.attempts) for answer in answers] == [(ACCEPTED, 1)] * 2


def test_long_answers_leave_the_connection_usable(fake: FakeDatadog) -> None:
    fake.faults.append(always(respond(503, "x" * 1_000_000)))
    assert post(real_client(), fake.url + EVENTS, event("one"))[0].status == 503
    assert fake.connections == 1


def test_a_missing_ca_bundle_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    (answer,) = post(real_client(), "https://127.0.0.1:9/", b"{}")
    assert (answer.outcome, answer.reason) == (RETRY, "OSError")


def test_each_host_has_its_own_connections(fake: FakeDatadog) -> None:
    with fake_datadog.running() as other:
        client = real_client()
        for there in (fake, other, fake, other):
            assert post(client, there.url + EVENTS, event("x"))[0].status == 202
        assert (fake.connections, other.connections) == (1, 1)
