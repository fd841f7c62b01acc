"""Sends requests: which next, whether again, and when to stop. A request that fails is an answer, never an exception.

Requests go out in rounds: each once, then those that failed, after a wait. So one that fails delays no other.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from deep_security_datadog.deadline import Call, DeadlineExceeded, Result, TooManyLeftBehind, run_all
from deep_security_datadog.log import reason_of
from deep_security_datadog.outcome import Answer, Outcome

from .api_key import ApiKey, ApiKeyUnavailable
from .circuit_breaker import LONGEST_WAIT, CircuitBreaker
from .client import DatadogClient, Progress
from .request import CannotRender, Endpoint, Request, TooLarge
from .response import ACCEPTED, KEY_REFUSED, TOO_LARGE, Response, answer_of

# Seconds for a request as a whole; Datadog usually answers within one.
REQUEST_DEADLINE = 12.0
# Start no request with less time left, in seconds: one that is accepted but cut off before its answer is sent twice.
SHORTEST_REQUEST = 2.0
# Reserved at the end of an invocation for putting back what was not delivered, in seconds.
MARGIN = 2.0
# Retries within an invocation cover a hiccup; the queue covers everything longer.
MOST_ATTEMPTS = 4
# Seconds before the next attempt, but for jitter.
BACKOFF = (0.2, 0.6, 1.8)

_Answered = Iterator[tuple[Request, Answer]]


class Sender:
    """Lives as long as the execution environment, and remembers which endpoints its last invocation found down."""

    def __init__(
        self,
        client: DatadogClient,
        api_key: ApiKey,
        *,
        concurrent_requests: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._api_key = api_key
        self._concurrent_requests = concurrent_requests
        self._sleep = sleep
        self._down: set[Endpoint] = set()

    def send(self, requests: Iterable[Request], *, seconds_left: Callable[[], float]) -> _Answered:
        """Each request with its answer, as soon as that is final; a batch in parts where these have different ones.

        seconds_left: until Lambda ends the invocation. Within MARGIN of that, no request is started or waited for.
        """
        work = [_Attempt(request) for request in requests]
        endpoints = dict.fromkeys(one.request.endpoint for one in work)
        breakers = {endpoint: CircuitBreaker(is_half_open=endpoint in self._down) for endpoint in endpoints}
        rounds = _Rounds(self._client, self._api_key, breakers, lambda: seconds_left() - MARGIN)
        while work:
            yield from rounds.send(work, at_once=self._concurrent_requests)
            work, wait = rounds.next()
            if rounds.has_time_for(wait):
                self._sleep(wait)
            else:
                yield from ((one.request, rounds.waiting(one)) for one in work)
                break
        self._down -= {endpoint for endpoint, breaker in breakers.items() if breaker.has_accepted}
        self._down |= {endpoint for endpoint, breaker in breakers.items() if breaker.is_down}


class _Attempt(NamedTuple):
    """A request to send. number: of the attempt. last: the answer to the one before."""

    request: Request
    number: int = 1
    last: Answer = Answer(Outcome.RETRY)


class _Rounds:
    """The rounds of one invocation. seconds_left: until nothing may be started or waited for."""

    def __init__(
        self,
        client: DatadogClient,
        api_key: ApiKey,
        breakers: Mapping[Endpoint, CircuitBreaker],
        seconds_left: Callable[[], float],
    ) -> None:
        self._client = client
        self._api_key = api_key
        self._breakers = breakers
        self._seconds_left = seconds_left
        self._key = ""
        self._key_was_reloaded = False
        self._blame = "Datadog refuses the API key; do key and site belong together?"
        self._probed: set[Endpoint] = set()
        self._next: list[_Attempt] = []
        self._wait = 0.0
        self._slowest = SHORTEST_REQUEST

    def send(self, attempts: Iterable[_Attempt], *, at_once: int) -> _Answered:
        """Sends each once, and yields the final answers."""
        work, unsent = deque(attempts), list[_Attempt]()
        refused: list[tuple[Request, Answer]] = []
        self._read_key()
        for (one, progress), result in run_all(lambda: self._next_call(work, unsent), at_once=at_once):
            answer = self._answer(one, progress, result)
            if answer.status in KEY_REFUSED and self._has_newer_key(than=progress.key):
                self._next.append(one)
                continue
            self._learn(one, progress, answer)
            if parts := self._instead(one.request, answer):
                # At once, the first half first: so a bad one is found before much is sent.
                work.extendleft(_Attempt(part, one.number) for part in reversed(parts))
            elif self._helps(one, answer):
                self._next.append(_Attempt(one.request, one.number + 1, answer))
                backoff = random.uniform(0.5, 1.0) * BACKOFF[one.number - 1]  # noqa: S311 (no secret depends on it)
                self._wait = max(self._wait, backoff, answer.retry_after)
            elif answer.status in KEY_REFUSED:
                # Whether that is the key's fault shows in the answers to the others.
                refused.append((one.request, answer))
            else:
                yield one.request, self._final(one.request, answer)
            while unsent:
                yield unsent[-1].request, self.waiting(unsent.pop())
        yield from ((one.request, self.waiting(one)) for one in unsent)
        yield from ((request, self._final(request, answer)) for request, answer in refused)

    def next(self) -> tuple[list[_Attempt], float]:
        """Begins the next round: what to send in it, and how many seconds to wait before."""
        for breaker in self._breakers.values():
            breaker.all_were_tried()
        attempts, wait = self._next, self._wait
        self._next, self._wait = [], 0.0
        self._probed.clear()
        return attempts, wait

    def has_time_for(self, wait: float) -> bool:
        """Whether a request can be sent after so many seconds."""
        return not wait or self._seconds_left() > wait + self._slowest

    def waiting(self, one: _Attempt) -> Answer:
        """The answer for a request that is not sent, or not again."""
        breaker = self._breakers[one.request.endpoint]
        return self._final(one.request, one.last._replace(reason=one.last.reason or breaker.reason or "out of time"))

    def _next_call(
        self, work: deque[_Attempt], unsent: list[_Attempt]
    ) -> Call[tuple[_Attempt, Progress], Response] | None:
        while work:
            one = work.popleft()
            endpoint = one.request.endpoint
            breaker, seconds = self._breakers[endpoint], self._seconds_left()
            if breaker.reason or seconds < self._slowest:
                unsent.append(one)
            elif breaker.is_paused or endpoint in self._probed:
                self._next.append(one)
                self._wait = max(self._wait, breaker.retry_after if breaker.is_paused else 0.0)
            else:
                if breaker.is_half_open:
                    self._probed.add(endpoint)
                    first, *rest = one.request.single_out()
                    work.extendleft(_Attempt(other) for other in rest)
                    one = _Attempt(first, one.number, one.last)
                progress, seconds = Progress(self._key), min(REQUEST_DEADLINE, seconds)
                post = partial(self._client.post, one.request, progress, seconds=seconds)
                return Call((one, progress), post, seconds)
        return None

    def _answer(self, one: _Attempt, progress: Progress, result: Result[Response]) -> Answer:
        if result.error is None:
            return answer_of(result.get(), one.number)
        reason = reason_of(result.error)
        match result.error:
            case TooLarge():
                return Answer(Outcome.REFUSED, TOO_LARGE, reason)
            case CannotRender():
                return Answer(Outcome.REFUSED, reason=reason)
            case DeadlineExceeded() if progress.status == ACCEPTED:
                return Answer(Outcome.ACCEPTED, ACCEPTED, attempts=one.number)
            case TooManyLeftBehind():
                self._stop(reason)
                return self.waiting(one)
        return Answer(Outcome.RETRY, reason=reason, attempts=one.number)

    def _learn(self, one: _Attempt, progress: Progress, answer: Answer) -> None:
        """Tells the circuit breaker, unless nothing was sent."""
        if answer.attempts:
            self._breakers[one.request.endpoint].answered(one.request, answer, is_first=one.number == 1)
        if answer.status:
            self._slowest = max(self._slowest, min(time.monotonic() - progress.started, REQUEST_DEADLINE))

    def _instead(self, request: Request, answer: Answer) -> tuple[Request, ...]:
        """Smaller requests, where the answer may be about a part of this one."""
        if answer.status == TOO_LARGE:
            return request.smaller()
        may_be_one = answer.outcome is Outcome.REFUSED or not (
            answer.outcome is Outcome.ACCEPTED or answer.is_rate_limit or self._breakers[request.endpoint].reason
        )
        return request.halves() if may_be_one else ()

    def _helps(self, one: _Attempt, answer: Answer) -> bool:
        """Whether to send it again in this invocation."""
        return (
            answer.outcome is Outcome.RETRY
            and answer.status not in KEY_REFUSED
            and answer.retry_after <= LONGEST_WAIT
            and one.number < MOST_ATTEMPTS
            and not self._breakers[one.request.endpoint].reason
        )

    def _final(self, request: Request, answer: Answer) -> Answer:
        if answer.outcome is not Outcome.RETRY:
            return answer
        breaker, reason = self._breakers[request.endpoint], answer.reason
        if answer.status in KEY_REFUSED and not breaker.has_accepted:
            reason += f": {self._blame}"
        return answer._replace(reason=reason, retry_after=max(answer.retry_after, breaker.retry_after))

    def _read_key(self) -> None:
        if self._seconds_left() < self._slowest:
            return
        try:
            self._key = self._key or self._api_key.get(seconds=self._seconds_left())
        except ApiKeyUnavailable as error:
            self._stop(str(error))

    def _has_newer_key(self, *, than: str) -> bool:
        """Whether there is another key than the one that was refused. It is read again once."""
        if self._key == than and not self._key_was_reloaded:
            self._key_was_reloaded = True
            try:
                self._key = self._api_key.reload(seconds=self._seconds_left())
            except ApiKeyUnavailable as error:
                # The known key may be right, and the refusal about one event.
                self._blame = str(error)
        return self._key != than

    def _stop(self, reason: str) -> None:
        for breaker in self._breakers.values():
            breaker.stop(reason)
