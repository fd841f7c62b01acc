"""When nothing more is sent to an endpoint, and with which reason."""

from __future__ import annotations

from itertools import count

import pytest

from deep_security_datadog.datadog.circuit_breaker import LONGEST_WAIT, MOST_FAILURES, MOST_RATE_LIMITS, CircuitBreaker
from deep_security_datadog.datadog.item import Item
from deep_security_datadog.datadog.request import Endpoint, Request
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.outcome import Answer, Outcome

ACCEPTED = Answer(Outcome.ACCEPTED, 202, attempts=1)
DOWN = Answer(Outcome.RETRY, 503, "HTTP 503", 1)
SILENT = Answer(Outcome.RETRY, None, "ConnectionError", 1)
REFUSED = Answer(Outcome.REFUSED, 400, "HTTP 400", 1)
NEITHER = "Datadog refuses the API key (HTTP 403); do key and site belong together?"

_events = count()


def request(*messages: str) -> Request:
    """A request with an event of each of these messages."""
    items = tuple(Item(Event({"EventID": next(_events)}), message) for message in messages)
    return Request("events", Endpoint("https://api.example"), items, lambda *_: b"{}")


def limited(seconds: float) -> Answer:
    return Answer(Outcome.RETRY, 429, "HTTP 429", 1, seconds, is_rate_limit=True)


def fail(breaker: CircuitBreaker, times: int, *messages: str, answer: Answer = DOWN) -> None:
    """Requests in turn of each of these messages."""
    for number in range(times):
        breaker.answered(request(messages[number % len(messages)]), answer, is_first=True)


# Failures in a row -------------------------------------------------------------------------------------------------


def test_failures_in_a_row_of_several_messages_stop() -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_FAILURES - 1, "a", "b")
    assert breaker.reason == ""
    fail(breaker, 1, "a")
    assert breaker.reason == "Datadog answers with HTTP 503"


@pytest.mark.parametrize("accepted", [ACCEPTED, REFUSED])
def test_one_that_is_accepted_or_refused_for_good_in_between_starts_the_count_anew(accepted: Answer) -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_FAILURES - 1, "a", "b")
    breaker.answered(request("a"), accepted, is_first=True)
    fail(breaker, MOST_FAILURES - 1, "a")
    fail(breaker, 1, "a")
    assert not breaker.reason, "nor are the messages of before evidence"
    fail(breaker, 1, "b")
    assert breaker.reason


def test_a_message_alone_is_no_evidence_about_the_others() -> None:
    breaker = CircuitBreaker()
    fail(breaker, 3 * MOST_FAILURES, "a")
    assert not breaker.reason


def test_a_message_alone_is_evidence_when_all_were_tried() -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_FAILURES - 1, "a")
    breaker.all_were_tried()
    assert breaker.reason == ""
    fail(breaker, 1, "a")
    breaker.all_were_tried()
    assert breaker.reason == "Datadog does not accept anything"


def test_silence_is_about_no_message() -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_FAILURES, "a", answer=SILENT)
    assert breaker.reason == "Datadog does not answer"


def test_silence_and_an_answer_to_the_same_message_are_evidence_about_that_message() -> None:
    breaker = CircuitBreaker()
    fail(breaker, 1, "a", answer=DOWN)
    fail(breaker, MOST_FAILURES, "a", answer=SILENT)
    assert not breaker.reason


def test_silence_after_an_accepted_one_is_about_no_message() -> None:
    breaker = CircuitBreaker()
    fail(breaker, 1, "a", answer=DOWN)
    breaker.answered(request("a"), ACCEPTED, is_first=True)
    fail(breaker, MOST_FAILURES, "a", answer=SILENT)
    assert breaker.reason == "Datadog does not answer"


def test_another_attempt_counts_no_second_time() -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_FAILURES - 1, "a", "b")
    breaker.answered(request("c"), DOWN, is_first=False)
    assert not breaker.reason


def test_a_batch_that_is_answered_counts_only_when_an_event_of_it_is_alone() -> None:
    breaker = CircuitBreaker()
    for _ in range(2 * MOST_FAILURES):
        breaker.answered(request("a", "b"), DOWN, is_first=True)
    assert not breaker.reason


def test_a_batch_without_an_answer_counts() -> None:
    breaker = CircuitBreaker()
    for _ in range(MOST_FAILURES):
        breaker.answered(request("a", "b"), SILENT, is_first=True)
    assert breaker.reason == "Datadog does not answer"


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_to_all_is_named_as_the_reason(status: int) -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_FAILURES, "a", "b", answer=Answer(Outcome.RETRY, status, f"HTTP {status}", 1))
    assert breaker.reason == NEITHER.replace("403", str(status))


def test_the_first_reason_stays() -> None:
    breaker = CircuitBreaker()
    breaker.stop("first")
    fail(breaker, MOST_FAILURES, "a", "b")
    assert breaker.reason == "first"


# Rate limits -------------------------------------------------------------------------------------------------------


def test_rate_limits_in_a_row_pause_for_a_wait_that_is_short() -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_RATE_LIMITS - 1, "a", answer=limited(LONGEST_WAIT))
    assert not breaker.is_paused
    fail(breaker, 1, "a", answer=limited(1))
    assert (breaker.is_paused, breaker.reason, breaker.retry_after) == (True, "", LONGEST_WAIT)
    breaker.all_were_tried()
    assert not breaker.is_paused


def test_rate_limits_in_a_row_stop_for_a_wait_that_belongs_in_the_queue() -> None:
    breaker = CircuitBreaker()
    fail(breaker, MOST_RATE_LIMITS - 1, "a", answer=limited(40))
    assert (breaker.reason, breaker.retry_after) == ("", 40)
    fail(breaker, 1, "a", answer=limited(30))
    assert (breaker.reason, breaker.retry_after) == ("Datadog asks to wait 40 s", 40)


def test_a_rate_limit_between_accepted_ones_neither_pauses_nor_stops() -> None:
    breaker = CircuitBreaker()
    for _ in range(3):
        fail(breaker, MOST_RATE_LIMITS - 1, "a", answer=limited(40))
        breaker.answered(request("b"), ACCEPTED, is_first=True)
    assert (breaker.is_paused, breaker.reason) == (False, "")


@pytest.mark.parametrize(("seconds", "reason"), [(1, ""), (0, "Datadog answers with HTTP 429")])
def test_a_rate_limit_that_says_how_long_is_no_failure(seconds: float, reason: str) -> None:
    breaker = CircuitBreaker()
    fail(breaker, 2 * MOST_FAILURES, "a", "b", answer=limited(seconds))
    assert (breaker.is_paused, breaker.reason) == (bool(seconds), reason)


def test_what_an_answer_to_one_event_asks_for_is_asked_of_no_other() -> None:
    breaker = CircuitBreaker()
    breaker.answered(request("a"), DOWN._replace(retry_after=3.0), is_first=True)
    assert breaker.retry_after == 0


# Half open ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (DOWN, "Datadog answers with HTTP 503"),
        (SILENT, "Datadog does not answer"),
        (Answer(Outcome.RETRY, 403, "HTTP 403", 1), NEITHER),
        (limited(1), "Datadog answers with HTTP 429"),
    ],
)
def test_half_open_one_failure_is_enough(answer: Answer, reason: str) -> None:
    breaker = CircuitBreaker(is_half_open=True)
    breaker.answered(request("a"), answer, is_first=True)
    assert (breaker.reason, breaker.has_accepted) == (reason, False)


@pytest.mark.parametrize("answer", [ACCEPTED, REFUSED])
def test_half_open_an_event_that_is_accepted_or_refused_for_good_opens_it(answer: Answer) -> None:
    breaker = CircuitBreaker(is_half_open=True)
    breaker.answered(request("a"), answer, is_first=True)
    fail(breaker, 2, "b", "c")
    assert (breaker.is_half_open, breaker.reason, breaker.has_accepted) == (False, "", True)


def test_an_endpoint_that_nobody_asked_is_neither_up_nor_down() -> None:
    breaker = CircuitBreaker()
    breaker.stop("the API key cannot be read")
    assert breaker.has_accepted is None
