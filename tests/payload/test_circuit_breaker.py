"""When nothing more is sent to an endpoint, and with which reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deep_security_datadog.api_key import ApiKey, ApiKeyUnavailable
from deep_security_datadog.circuit_breaker import LONGEST_WAIT, SHORTEST_REQUEST, CircuitBreaker
from deep_security_datadog.outcome import Answer, Outcome

REFUSED = "Datadog refuses the API key (HTTP 403); do key and site belong together?"


def breaker(*keys: str, seconds: float = 60, most_failures: int = 3) -> CircuitBreaker:
    """One whose key store gives these keys, one each time, and then none."""
    return CircuitBreaker(ApiKey(store(*keys), reload_interval=300), lambda: seconds, most_failures)


def store(*keys: str) -> Callable[[], str]:
    given = iter(keys)

    def read() -> str:
        for key in given:
            return key
        raise ApiKeyUnavailable("AccessDeniedException")

    return read


@pytest.mark.parametrize(("seconds", "reason"), [(SHORTEST_REQUEST, ""), (SHORTEST_REQUEST - 0.1, "out of time")])
def test_no_request_that_could_be_cut_off(seconds: float, reason: str) -> None:
    assert breaker(seconds=seconds).reason_to_stop() == reason


def test_consecutive_failures_stop_and_others_do_not() -> None:
    down = breaker(most_failures=3)
    for _ in range(2):
        down.failed()
    down.succeeded()
    for _ in range(2):
        down.failed()
    assert not down.reason_to_stop()
    down.failed()
    assert down.reason_to_stop() == "Datadog does not answer"


def test_the_first_reason_stays() -> None:
    stopped = breaker(most_failures=1)
    stopped.stop("first")
    stopped.failed()
    assert stopped.reason_to_stop() == "first"


def test_a_short_wait_is_waited_for_if_a_request_still_fits_behind_it() -> None:
    assert breaker(seconds=LONGEST_WAIT + SHORTEST_REQUEST + 0.1).may_wait(LONGEST_WAIT)
    assert not breaker(seconds=LONGEST_WAIT + SHORTEST_REQUEST).may_wait(LONGEST_WAIT)


def test_a_long_wait_is_left_to_the_queue() -> None:
    asked = breaker()
    assert not asked.may_wait(40)
    assert not asked.may_wait(30)
    assert asked.reason_to_stop() == "Datadog asks to wait 40 s"
    assert asked.waiting("HTTP 429") == Answer(Outcome.RETRY, reason="HTTP 429", retry_after=40)


def test_a_rotated_key_is_used() -> None:
    rotated = breaker("old", "new")
    rotated.key_refused(rotated.key(), 403)
    assert (rotated.key(), rotated.reason_to_stop()) == ("new", "")


def test_a_refusal_of_a_key_that_another_thread_has_replaced_reads_nothing() -> None:
    rotated = breaker("old", "new")
    for _ in range(2):
        rotated.key_refused("old", 403)
    assert (rotated.key(), rotated.reason_to_stop()) == ("new", "")


@pytest.mark.parametrize("keys", [("old", "old"), ("old", "new", "third")])
def test_a_key_is_read_again_only_once(keys: tuple[str, ...]) -> None:
    refused = breaker(*keys)
    for key in ("old", keys[1]):
        refused.key_refused(key, 403)
    assert refused.reason_to_stop() == REFUSED


def test_a_key_that_cannot_be_read_again_is_the_reason() -> None:
    unavailable = breaker("old")
    unavailable.key_refused(unavailable.key(), 403)
    assert unavailable.reason_to_stop() == "the API key cannot be read: AccessDeniedException"
