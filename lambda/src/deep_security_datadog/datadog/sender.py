"""Sends requests: which next, whether again, and when to stop. A request that fails is an answer, never an exception.

Requests go out in rounds: each once, then those that failed, after a wait. So one that fails delays no other.
"""

import random
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from time import monotonic, sleep
from typing import NamedTuple, TypeAlias

from deep_security_datadog.deadline import Call, DeadlineExceeded, NotBegun, SecondsLeft, run_all
from deep_security_datadog.log import LoggableError, reason_of
from deep_security_datadog.outcome import Answer, Outcome

from .api_key import ApiKey
from .circuit_breaker import LONGEST_WAIT, CircuitBreaker
from .client import ACCEPTED, KEY_REFUSED, TOO_LARGE, DatadogClient, Progress
from .request import CannotRender, Request, TooLarge

# Seconds for a request as a whole; Datadog usually answers within one.
REQUEST_DEADLINE = 12.0
# Start no request with less time left, in seconds: one that is accepted but cut off before its answer is sent twice.
SHORTEST_REQUEST = 2.0
# Reserved at the end of an invocation for requeuing what was not delivered, in seconds.
MARGIN = 2.0
# Retries within an invocation cover a hiccup; the queue covers everything longer.
MOST_ATTEMPTS = 4
# Seconds before the next attempt, but for jitter.
BACKOFF = (0.2, 0.6, 1.8)
_Answered: TypeAlias = Iterator[tuple[Request, Answer]]
_Breakers: TypeAlias = dict[str, CircuitBreaker]


class Sender:
    """Lives as long as the execution environment, and remembers which endpoints its last invocation found down."""

    def __init__(self, client: DatadogClient, api_key: ApiKey, *, concurrent_requests: int) -> None:
        self._client = client
        self._api_key = api_key
        self._concurrent_requests = concurrent_requests
        self._down: set[str] = set()

    def send(self, requests: Iterable[Request], *, seconds_left: SecondsLeft) -> _Answered:
        """Each request with its answer, as soon as that is final; a batch in parts where these have different ones."""
        requests = list(requests)
        if self._down:
            # One goes first. It must not each time be the same event, which may be the only one that is never accepted.
            requests = random.sample(requests, len(requests))
            requests = [one._replace(items=tuple(random.sample(one.items, len(one.items)))) for one in requests]
        breakers = {url: CircuitBreaker(is_half_open=url in self._down) for url in {one.url for one in requests}}
        rounds = _Rounds(self._client, self._api_key, breakers, lambda: seconds_left() - MARGIN)
        yield from rounds.send(requests, at_once=self._concurrent_requests)
        self._down -= {url for url, breaker in breakers.items() if breaker.is_up}
        self._down |= {url for url, breaker in breakers.items() if breaker.is_up is False}


class _Attempt(NamedTuple):
    """A request to send. number: of the attempt. last: the answer to the one before."""

    request: Request
    number: int = 1
    last: Answer = Answer(Outcome.RETRY)


class _Rounds:
    """The rounds of one invocation. seconds_left: until nothing may be started or waited for."""

    def __init__(self, client: DatadogClient, api_key: ApiKey, breakers: _Breakers, seconds_left: SecondsLeft) -> None:
        self._client = client
        self._api_key = api_key
        self._breakers = breakers
        self._seconds_left = seconds_left
        self._key = ""
        self._key_was_reloaded = False
        self._blame = "Datadog refuses the API key; do key and site belong together?"
        self._work = deque[_Attempt]()
        self._next: list[_Attempt] = []
        self._wait = 0.0
        self._slowest = SHORTEST_REQUEST

    def send(self, requests: Iterable[Request], *, at_once: int) -> _Answered:
        """Sends until each answer is final, or there is no time to wait for another attempt."""
        self._work += (_Attempt(request) for request in requests)
        try:
            if self._work and self._seconds_left() >= self._slowest:
                self._key = self._api_key.get(seconds=self._seconds_left())
        except LoggableError as error:
            self._stop(str(error))
        while self._work:
            yield from self._round(at_once)
            for breaker in self._breakers.values():
                breaker.all_were_tried()
            wait, self._wait = self._wait, 0.0
            if wait and self._seconds_left() <= wait + self._slowest:
                self._stop("out of time")
            else:
                sleep(wait)
            self._work, self._next = deque(self._next), []

    def _round(self, at_once: int) -> _Answered:
        """Sends each once, and yields the final answers."""
        key_refused: list[tuple[Request, Answer]] = []
        for (one, progress), result in run_all(self._next_call, at_once=at_once):
            request, breaker = one.request, self._breakers[one.request.url]
            if isinstance(result, NotBegun):
                breaker.stop(str(result))
                yield request, self._final(request, one.last._replace(reason=one.last.reason or str(result)))
                continue
            answer = _answer(one, progress, result)
            if answer.status in KEY_REFUSED and self._replaces_key(progress.key):
                self._next.append(one)
                continue
            if answer.attempts:  # It was sent.
                breaker.answered(request, answer, is_first=one.number == 1)
            if answer.status:
                self._slowest = max(self._slowest, min(monotonic() - progress.started, REQUEST_DEADLINE))
            can_wait = answer.outcome is Outcome.RETRY and answer.retry_after <= LONGEST_WAIT
            if parts := _smaller(one, answer, breaker):
                # At once, the first half first: so a bad one is found before much is sent.
                self._work.extendleft(_Attempt(part, one.number) for part in reversed(parts))
            elif answer.status in KEY_REFUSED:
                # Whether that is the key's fault shows in the answers to the others.
                key_refused.append((request, answer))
            elif can_wait and one.number < MOST_ATTEMPTS and not breaker.reason:
                self._next.append(_Attempt(request, one.number + 1, answer))
                backoff = random.uniform(0.5, 1.0) * BACKOFF[one.number - 1]  # noqa: S311 (no secret depends on it)
                self._wait = max(self._wait, backoff, answer.retry_after)
            else:
                yield request, self._final(request, answer)
        yield from ((request, self._final(request, answer)) for request, answer in key_refused)

    def _next_call(self) -> Call[tuple[_Attempt, Progress], Answer] | None:
        while self._work:
            one = self._work.popleft()
            breaker, seconds = self._breakers[one.request.url], self._seconds_left()
            progress = Progress(self._key)
            if breaker.reason or seconds < self._slowest:
                return (one, progress), NotBegun(breaker.reason or "out of time"), 0
            if breaker.is_paused:
                self._next.append(one)
                self._wait = max(self._wait, breaker.retry_after)
            else:
                if breaker.is_half_open:
                    breaker.is_paused = True
                    one, *others = (one._replace(request=request) for request in one.request.split(1))
                    self._work.extendleft(others)
                seconds = min(REQUEST_DEADLINE, seconds)
                return (one, progress), partial(self._client.post, one.request, progress, seconds=seconds), seconds
        return None

    def _final(self, request: Request, answer: Answer) -> Answer:
        if answer.outcome is not Outcome.RETRY:
            return answer
        breaker, reason = self._breakers[request.url], answer.reason
        if answer.status in KEY_REFUSED and not breaker.is_up:
            reason += f": {self._blame}"
        return answer._replace(reason=reason, retry_after=max(answer.retry_after, breaker.retry_after))

    def _replaces_key(self, refused: str) -> bool:
        """Reads the key again, once, if this one was refused. Whether there is another now."""
        if self._key == refused and not self._key_was_reloaded:
            self._key_was_reloaded = True
            try:
                self._key = self._api_key.reload(seconds=self._seconds_left())
            except LoggableError as error:
                # The known key may be right, and the refusal about one event.
                self._blame = str(error)
        return self._key != refused

    def _stop(self, reason: str) -> None:
        for breaker in self._breakers.values():
            breaker.stop(reason)


def _answer(one: _Attempt, progress: Progress, result: Answer | Exception) -> Answer:
    match result:
        case Answer():
            return result._replace(attempts=one.number)
        case TooLarge():
            return Answer(Outcome.REFUSED, TOO_LARGE, reason_of(result))
        case CannotRender():
            return Answer(Outcome.REFUSED, reason=reason_of(result))
        case DeadlineExceeded() if progress.status == ACCEPTED:
            return Answer(Outcome.ACCEPTED, ACCEPTED, attempts=one.number)
    return Answer(Outcome.RETRY, reason=reason_of(result), attempts=one.number)


def _smaller(one: _Attempt, answer: Answer, breaker: CircuitBreaker) -> tuple[Request, ...]:
    """Smaller requests, where the answer may be about a part of this one."""
    if answer.status == TOO_LARGE:
        return one.request.smaller()
    is_rate_limit = answer.is_rate_limit and one.number < MOST_ATTEMPTS
    is_about_all = answer.outcome is Outcome.ACCEPTED or is_rate_limit or breaker.reason
    return () if is_about_all and answer.outcome is not Outcome.REFUSED else one.request.halves()
