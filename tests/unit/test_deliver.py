"""The outcome of each request, and when to try again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Barrier

import pytest
import requests
import responses

from deep_security_datadog.api_key import ApiKey, ApiKeyUnavailable
from deep_security_datadog.deliver import MARGIN, MOST_ATTEMPTS, SHORTEST_REQUEST, Courier, Outcome, Parcel
from tests.payload import EVENTS_URL

PARCEL = Parcel(url=EVENTS_URL, body=lambda: b"{}")


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def courier(waits: list[float]) -> Courier:
    return Courier(ApiKey(lambda: "key", reload_interval=300), concurrent_requests=1, sleep=waits.append)


def deliver(courier: Courier, count: int = 1, seconds: float = 60, parcel: Parcel = PARCEL) -> list[Outcome]:
    return [answer.outcome for answer in courier.deliver([parcel] * count, seconds_left=lambda: seconds)]


def test_accepted(intake: responses.RequestsMock, courier: Courier) -> None:
    intake.post(EVENTS_URL, status=202)
    assert deliver(courier, 3) == [Outcome.ACCEPTED] * 3
    headers = intake.calls[0].request.headers
    assert headers["DD-API-KEY"] == "key"
    assert headers["User-Agent"].startswith("deep-security-datadog/")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_refused_for_good(intake: responses.RequestsMock, courier: Courier, status: int) -> None:
    intake.post(EVENTS_URL, status=status)
    assert deliver(courier) == [Outcome.REFUSED]
    assert len(intake.calls) == 1


@pytest.mark.parametrize("status", [301, 404, 408, 429, 500, 502, 503, 504])
def test_anything_else_is_never_a_success_and_never_a_loss(
    intake: responses.RequestsMock, courier: Courier, status: int
) -> None:
    intake.post(EVENTS_URL, status=status, body="<html>proxy</html>")
    assert deliver(courier) == [Outcome.RETRY]
    assert len(intake.calls) == MOST_ATTEMPTS


def test_network_errors_are_tried_again(intake: responses.RequestsMock, courier: Courier) -> None:
    intake.post(EVENTS_URL, body=requests.ConnectionError("reset"))
    intake.post(EVENTS_URL, body=requests.ReadTimeout("slow"))
    intake.post(EVENTS_URL, status=202)
    assert deliver(courier) == [Outcome.ACCEPTED]


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_waits_as_told(intake: responses.RequestsMock, courier: Courier, waits: list[float], header: str) -> None:
    intake.post(EVENTS_URL, status=429, headers={header: "2"})
    intake.post(EVENTS_URL, status=202)
    assert deliver(courier) == [Outcome.ACCEPTED]
    assert waits == [2.0]


def test_a_long_wait_ends_the_invocation(intake: responses.RequestsMock, courier: Courier, waits: list[float]) -> None:
    intake.post(EVENTS_URL, status=429, headers={"X-RateLimit-Reset": "40"})
    assert deliver(courier, 5) == [Outcome.RETRY] * 5
    assert waits == [] and len(intake.calls) == 1


def test_stops_when_datadog_is_plainly_down(intake: responses.RequestsMock, courier: Courier) -> None:
    intake.post(EVENTS_URL, status=503)
    assert deliver(courier, 100) == [Outcome.RETRY] * 100
    assert len(intake.calls) <= 8


def test_every_second_failing_is_not_down(intake: responses.RequestsMock, courier: Courier) -> None:
    answers: Iterator[int] = iter([500, 202] * 100)
    intake.add_callback(responses.POST, EVENTS_URL, lambda _: (next(answers), {}, ""))
    assert deliver(courier, 50) == [Outcome.ACCEPTED] * 50


@pytest.mark.parametrize("seconds", [0.0, MARGIN, MARGIN + SHORTEST_REQUEST - 0.1, 3.9])
def test_starts_nothing_when_the_time_is_up(intake: responses.RequestsMock, courier: Courier, seconds: float) -> None:
    intake.post(EVENTS_URL, status=202)
    assert deliver(courier, 3, seconds=seconds) == [Outcome.RETRY] * 3
    assert len(intake.calls) == 0


def test_too_large_is_cut_once(intake: responses.RequestsMock, courier: Courier) -> None:
    intake.post(EVENTS_URL, status=413)
    intake.post(EVENTS_URL, status=202)
    parcel = Parcel(url=EVENTS_URL, body=lambda: b"long", smaller=lambda: b"short")
    assert deliver(courier, parcel=parcel) == [Outcome.ACCEPTED]
    assert [call.request.body for call in intake.calls] == [b"long", b"short"]


def test_still_too_large_is_refused(intake: responses.RequestsMock, courier: Courier) -> None:
    intake.post(EVENTS_URL, status=413)
    parcel = Parcel(url=EVENTS_URL, body=lambda: b"long", smaller=lambda: b"short")
    assert deliver(courier, parcel=parcel) == [Outcome.REFUSED]
    assert len(intake.calls) == 2


def keys(*values: str) -> Callable[[], str]:
    given = iter(values)
    return lambda: next(given)


def test_a_rotated_key_is_read_again(intake: responses.RequestsMock) -> None:
    courier = Courier(ApiKey(keys("old", "new"), reload_interval=300), concurrent_requests=1)
    intake.post(EVENTS_URL, status=403, match=[responses.matchers.header_matcher({"DD-API-KEY": "old"})])
    intake.post(EVENTS_URL, status=202, match=[responses.matchers.header_matcher({"DD-API-KEY": "new"})])
    assert deliver(courier, 3) == [Outcome.ACCEPTED] * 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_refused_twice_keeps_everything(intake: responses.RequestsMock, status: int) -> None:
    courier = Courier(ApiKey(keys("old", "new"), reload_interval=300), concurrent_requests=1)
    intake.post(EVENTS_URL, status=status)
    answers = courier.deliver([PARCEL] * 20, seconds_left=lambda: 60)
    assert {answer.outcome for answer in answers} == {Outcome.RETRY}
    assert len(intake.calls) == 2
    assert "API key" in answers[-1].reason and "old" not in answers[-1].reason


def test_a_key_that_cannot_be_read_keeps_everything(intake: responses.RequestsMock) -> None:
    def unavailable() -> str:
        raise ApiKeyUnavailable("AccessDeniedException")

    courier = Courier(ApiKey(unavailable, reload_interval=300), concurrent_requests=1)
    assert deliver(courier, 3) == [Outcome.RETRY] * 3
    assert len(intake.calls) == 0


def test_requests_run_at_once(intake: responses.RequestsMock) -> None:
    together = Barrier(4, timeout=5)

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        together.wait()
        return 202, {}, ""

    intake.add_callback(responses.POST, EVENTS_URL, answer)
    courier = Courier(ApiKey(lambda: "key", reload_interval=300), concurrent_requests=4)
    assert deliver(courier, 4) == [Outcome.ACCEPTED] * 4


@pytest.mark.parametrize("status", [403, 500])
def test_an_address_that_takes_nothing_does_not_stop_another(
    intake: responses.RequestsMock, courier: Courier, status: int
) -> None:
    other = Parcel(url="https://http-intake.logs.datadoghq.com/api/v2/logs", body=lambda: b"[]")
    intake.post(EVENTS_URL, status=status)
    intake.post(other.url, status=202)
    answers = courier.deliver([PARCEL] * 20 + [other] * 2, seconds_left=lambda: 60)
    assert [answer.outcome for answer in answers] == [Outcome.RETRY] * 20 + [Outcome.ACCEPTED] * 2
    assert len(intake.calls) < 20 + 2


def test_one_that_cannot_be_rendered_is_refused_and_the_others_are_sent_once(
    intake: responses.RequestsMock, courier: Courier
) -> None:
    def broken() -> bytes:
        raise KeyError("what an event says")

    intake.post(EVENTS_URL, status=202)
    answers = courier.deliver([PARCEL, PARCEL._replace(body=broken), PARCEL], seconds_left=lambda: 60)
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED]
    assert answers[1].reason == "cannot be rendered (KeyError)"
    assert len(intake.calls) == 2
