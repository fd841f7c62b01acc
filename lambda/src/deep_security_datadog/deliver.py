"""HTTP to Datadog: one request per parcel, several at once, brief retries, and an outcome for each parcel.

An outcome is a value and never an exception, so that one parcel's trouble stays its own. Knows nothing of Deep
Security. Rules of the events intake: reference datadog-apis, sections 1.6 to 1.8 and 6.1.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from threading import Lock
from typing import NamedTuple

from .api_key import ApiKey, ApiKeyUnavailable
from .transport import NoAnswer, Reply, Transport

# Seconds. Datadog answers within a fraction of one; a read that takes longer is worth another connection.
CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
# What is kept back at the end of an invocation for putting back what was not delivered.
MARGIN = 2.0
# A request is not begun with less than this left: one that is accepted but cut off before its answer is doubled.
SHORTEST_REQUEST = 2.0

# Retries inside an invocation bridge a hiccup; the queue bridges all that is longer.
MOST_ATTEMPTS = 4
PAUSES = (0.2, 0.6, 1.8, 5.0)
LONGEST_PAUSE = PAUSES[-1]

# Refusals that no repetition changes. Any other status may be the way's fault (a proxy, a wrong URL, an outage),
# and what is the way's fault must not cost an event.
_REFUSED_FOR_GOOD = frozenset((400, 413, 422))
_KEY_REFUSED = frozenset((401, 403))
_TOO_LARGE = 413


class Outcome(Enum):
    """What became of a parcel."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    REFUSED = "refused"


class Answer(NamedTuple):
    """An outcome, the HTTP status behind it (None without one), the reason in words, and how often it was tried."""

    outcome: Outcome
    status: int | None = None
    reason: str = ""
    attempts: int = 0


class Parcel(NamedTuple):
    """A request to be made. `body` is called when it is this parcel's turn, so that few bodies exist at a time.

    `smaller` gives a shorter body for the case that Datadog finds the first too large.
    """

    url: str
    body: Callable[[], bytes]
    smaller: Callable[[], bytes] | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Courier:
    """Delivers parcels, several at once; lives as long as the execution environment."""

    def __init__(
        self, api_key: ApiKey, *, concurrent_requests: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._api_key = api_key
        self._sleep = sleep
        self._pool = ThreadPoolExecutor(concurrent_requests, thread_name_prefix="datadog")
        self._most_failures = max(8, 2 * concurrent_requests)
        self._transport = Transport(connections=concurrent_requests)

    def deliver(self, parcels: Iterable[Parcel], *, seconds_left: Callable[[], float]) -> list[Answer]:
        """One answer per parcel, in their order.

        seconds_left: until the invocation is ended from outside. Within MARGIN of it no request is running or begun.
        """
        parcels = list(parcels)
        journeys = {
            url: _Journey(self._api_key, lambda: seconds_left() - MARGIN, self._most_failures)
            for url in {parcel.url for parcel in parcels}
        }
        return list(self._pool.map(lambda parcel: self._deliver(parcel, journeys[parcel.url]), parcels))

    def _deliver(self, parcel: Parcel, journey: _Journey) -> Answer:
        if stopped := journey.reason_to_stop():
            return Answer(outcome=Outcome.RETRY, reason=stopped)
        try:
            body = parcel.body()
        except Exception as error:  # noqa: BLE001 (whatever is wrong with one must not bring back the others, sent by then)
            return Answer(outcome=Outcome.REFUSED, reason=f"cannot be rendered ({type(error).__name__})")
        return self._send(parcel, body, journey)

    def _send(self, parcel: Parcel, body: bytes, journey: _Journey) -> Answer:
        answer = Answer(outcome=Outcome.RETRY)
        for attempt in range(MOST_ATTEMPTS):
            if stopped := journey.reason_to_stop():
                return answer._replace(reason=answer.reason or stopped)
            answer, wait = self._attempt(parcel, body, journey, attempt)
            if answer.outcome is not Outcome.RETRY:
                return answer
            if answer.status == _TOO_LARGE and parcel.smaller:
                body, parcel = parcel.smaller(), parcel._replace(smaller=None)
            elif attempt + 1 == MOST_ATTEMPTS or not journey.may_wait(wait):
                return answer
            else:
                self._sleep(wait)
        return answer

    def _attempt(self, parcel: Parcel, body: bytes, journey: _Journey, attempt: int) -> tuple[Answer, float]:
        """The answer to one request, and how many seconds to wait before the next."""
        number, pause = attempt + 1, _pause(attempt)
        try:
            key = journey.key()
        except ApiKeyUnavailable as error:
            journey.stop(str(error))
            return Answer(outcome=Outcome.RETRY, reason=str(error), attempts=attempt), 0.0
        left = max(SHORTEST_REQUEST, journey.seconds_left())
        try:
            reply = self._transport.post(
                parcel.url,
                body,
                {"DD-API-KEY": key, **dict(parcel.headers)},
                timeout=(min(CONNECT_TIMEOUT, left), min(READ_TIMEOUT, left)),
            )
        except NoAnswer as error:
            journey.failed()
            return Answer(outcome=Outcome.RETRY, reason=str(error), attempts=number), pause
        status = reply.status
        if 200 <= status < 300:
            journey.succeeded()
            return Answer(outcome=Outcome.ACCEPTED, status=status, attempts=number), 0.0
        reason = f"HTTP {status}"
        if status in _REFUSED_FOR_GOOD and not (status == _TOO_LARGE and parcel.smaller):
            journey.succeeded()
            return Answer(outcome=Outcome.REFUSED, status=status, reason=reason, attempts=number), 0.0
        if status in _KEY_REFUSED:
            journey.key_refused(key, status)
            return Answer(outcome=Outcome.RETRY, status=status, reason=reason, attempts=number), 0.0
        if status >= 500:
            journey.failed()
        return Answer(outcome=Outcome.RETRY, status=status, reason=reason, attempts=number), _told(reply, pause)


class _Journey:
    """What an invocation's parcels to one address share: the key, the time, and whether going on makes sense.

    Another address has a journey of its own: that events are not taken is no reason to keep back logs.
    """

    def __init__(self, api_key: ApiKey, seconds_left: Callable[[], float], most_failures: int) -> None:
        self._api_key = api_key
        self.seconds_left = seconds_left
        self._most_failures = most_failures
        self._failures = 0
        self._stopped = ""
        self._reloaded = False
        self._lock = Lock()

    def reason_to_stop(self) -> str:
        """Empty while requests may be made."""
        if self._stopped:
            return self._stopped
        return "out of time" if self.seconds_left() < SHORTEST_REQUEST else ""

    def stop(self, reason: str) -> None:
        """No further request in this invocation."""
        self._stopped = self._stopped or reason

    def may_wait(self, seconds: float) -> bool:
        """Whether a wait is brief and within the time; a longer one is better spent in the queue."""
        if seconds > LONGEST_PAUSE:
            self.stop(f"told to wait {seconds:.0f} s")
            return False
        return self.seconds_left() > seconds + SHORTEST_REQUEST

    def failed(self) -> None:
        """Nothing but failures means that Datadog is down: burning the time helps nobody."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most_failures:
                self.stop("Datadog does not answer")

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def key(self) -> str:
        return self._api_key.get()

    def key_refused(self, refused: str, status: int) -> None:
        """Reads the key again, once per invocation; if it is still the same, or refused too, nothing more is sent."""
        with self._lock:
            try:
                if self._api_key.get() != refused:
                    return
                if not self._reloaded:
                    self._reloaded = True
                    if self._api_key.reload() != refused:
                        return
                self.stop(f"Datadog refuses the API key (HTTP {status}); do key and site belong together?")
            except ApiKeyUnavailable as error:
                self.stop(str(error))


def _pause(attempt: int) -> float:
    """Exponential with jitter, so that many functions do not come back at the same instant."""
    return random.uniform(0.5, 1.0) * PAUSES[attempt]  # noqa: S311 (no secret depends on it)


def _told(reply: Reply, pause: float) -> float:
    """The wait that `Retry-After` or `X-RateLimit-Reset` asks for, in seconds, else the pause."""
    for name in ("Retry-After", "X-RateLimit-Reset"):
        try:
            return max(pause, float(reply.headers.get(name, "")))
        except ValueError:
            continue
    return pause
