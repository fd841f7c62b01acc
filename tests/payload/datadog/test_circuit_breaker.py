"""When nothing more is sent to an endpoint, and with which reason."""

import pytest

from deep_security_datadog.datadog import events
from deep_security_datadog.datadog.circuit_breaker import LONGEST_WAIT, MOST_FAILURES, MOST_RATE_LIMITS, CircuitBreaker
from deep_security_datadog.datadog.request import Context, Item, Request
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.outcome import Answer, Outcome
from tests.support import ACCEPTED, NOW, REFUSED, RETRY

DOWN = RETRY
SILENT = Answer(Outcome.RETRY, None, "ConnectionError", 1)
KEY_REFUSED = Answer(Outcome.RETRY, 403, "HTTP 403", 1)
NEITHER = "Datadog refuses the API key (HTTP 403); do key and site belong together?"
IS_DOWN, IS_SILENT = "Datadog answers with HTTP 503", "Datadog does not answer"


def limited(seconds: float) -> Answer:
    return Answer(Outcome.RETRY, 429, "HTTP 429", 1, seconds, is_rate_limit=True)


def tell(breaker: CircuitBreaker, times: int, messages: str, answer: Answer, *, is_first: bool = True) -> None:
    """Answers to requests of these messages in turn; to batches with an event of each where these are in brackets."""
    for number in range(times):
        of = messages.strip("[]") if messages.startswith("[") else messages[number % len(messages)]
        items = tuple(Item(Event({}), message) for message in of)
        request = Request(events.DESTINATION, "https://api.example", items, Context(NOW))
        breaker.answered(request, answer, is_first=is_first)


# One too few.
NEARLY = [(MOST_FAILURES - 1, "ab", DOWN)]
# In a row: how many answers, to which messages, and then the reason.
STORIES: dict[str, tuple[list[tuple[int, str, Answer]], str]] = {
    "failures of several messages, but one too few": (NEARLY, ""),
    "failures of several messages": ([(MOST_FAILURES, "ab", DOWN)], IS_DOWN),
    "a message alone is no evidence about the others": ([(3 * MOST_FAILURES, "a", DOWN)], ""),
    "silence is about no message": ([(MOST_FAILURES, "a", SILENT)], IS_SILENT),
    "silence and an answer to the same message": ([(1, "a", DOWN), (MOST_FAILURES, "a", SILENT)], ""),
    "silence after an accepted one": ([(1, "a", DOWN), (1, "a", ACCEPTED), (MOST_FAILURES, "a", SILENT)], IS_SILENT),
    "batches that are answered": ([(2 * MOST_FAILURES, "[ab]", DOWN)], ""),
    "batches without an answer": ([(MOST_FAILURES, "[ab]", SILENT)], IS_SILENT),
    "a key that is refused": ([(MOST_FAILURES, "ab", KEY_REFUSED)], NEITHER),
    "rate limits that say how long are no failures": ([(2 * MOST_FAILURES, "ab", limited(1))], ""),
    "rate limits that do not": ([(MOST_FAILURES, "ab", limited(0))], "Datadog answers with HTTP 429"),
    "one rate limit": ([(1, "a", limited(40))], ""),
    "rate limits in a row": ([(1, "a", limited(40)), (1, "a", limited(30))], "Datadog asks to wait 40 s"),
    "rate limits between accepted ones": ([(1, "a", limited(40)), (1, "b", ACCEPTED), (1, "a", limited(40))], ""),
    "one accepted in between starts the count anew": ([*NEARLY, (1, "a", ACCEPTED), (MOST_FAILURES, "a", DOWN)], ""),
    "what is refused does as well": ([*NEARLY, (1, "a", REFUSED), (MOST_FAILURES, "a", DOWN)], ""),
    "as many again": ([*NEARLY, (1, "a", REFUSED), (MOST_FAILURES, "a", DOWN), (1, "b", DOWN)], IS_DOWN),
}


@pytest.mark.parametrize("story", STORIES)
def test_when_it_stops(story: str) -> None:
    breaker, (answers, reason) = CircuitBreaker(), STORIES[story]
    for times, messages, answer in answers:
        tell(breaker, times, messages, answer)
    assert breaker.reason == reason


def test_another_attempt_counts_no_second_time_and_the_first_reason_stays() -> None:
    breaker = CircuitBreaker()
    tell(breaker, MOST_FAILURES - 1, "ab", DOWN)
    tell(breaker, 1, "c", DOWN, is_first=False)
    assert (breaker.reason, breaker.is_up) == ("", False)
    breaker.stop("first")
    tell(breaker, 1, "c", DOWN)
    assert breaker.reason == "first"


def test_a_message_alone_is_evidence_when_all_were_tried() -> None:
    breaker = CircuitBreaker()
    for failures, reason in ((MOST_FAILURES - 1, ""), (1, "Datadog does not accept anything")):
        tell(breaker, failures, "a", DOWN)
        breaker.all_were_tried()
        assert breaker.reason == reason


def test_rate_limits_in_a_row_pause_for_a_wait_that_is_short_until_all_were_tried() -> None:
    breaker = CircuitBreaker()
    tell(breaker, MOST_RATE_LIMITS - 1, "a", limited(LONGEST_WAIT))
    assert not breaker.is_paused
    tell(breaker, 1, "a", limited(1))
    assert (breaker.is_paused, breaker.reason, breaker.retry_after) == (True, "", LONGEST_WAIT)
    tell(breaker, MOST_FAILURES, "a", DOWN)
    breaker.all_were_tried()
    assert (breaker.is_paused, breaker.reason) == (False, "")


def test_what_an_answer_to_one_event_asks_for_is_asked_of_no_other() -> None:
    breaker = CircuitBreaker()
    tell(breaker, 1, "a", DOWN._replace(retry_after=3.0))
    assert breaker.retry_after == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(DOWN, IS_DOWN), (SILENT, IS_SILENT), (KEY_REFUSED, NEITHER), (limited(1), "Datadog answers with HTTP 429")],
)
def test_half_open_one_failure_is_enough(answer: Answer, reason: str) -> None:
    breaker = CircuitBreaker(is_half_open=True)
    tell(breaker, 1, "a", answer)
    assert (breaker.reason, breaker.is_up) == (reason, False)


@pytest.mark.parametrize("answer", [ACCEPTED, REFUSED])
def test_half_open_an_event_that_is_accepted_or_refused_for_good_closes_it(answer: Answer) -> None:
    breaker = CircuitBreaker(is_half_open=True)
    tell(breaker, 1, "a", answer)
    tell(breaker, 2, "bc", DOWN)
    assert (breaker.is_half_open, breaker.reason, breaker.is_up) == (False, "", True)
