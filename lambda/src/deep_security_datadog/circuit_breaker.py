"""When to stop sending to an endpoint: Datadog is down, asks to wait, refuses the key, or the time is up."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from .api_key import ApiKey, ApiKeyUnavailable
from .outcome import NOT_SENT, Answer

# Seconds. Start no request with less time left: one that is accepted but cut off before its answer is sent twice.
SHORTEST_REQUEST = 2.0
# Seconds. A longer wait belongs in the queue.
LONGEST_WAIT = 5.0


class CircuitBreaker:
    """Circuit breaker, deadline and API key for one endpoint during one invocation.

    One per endpoint: logs go on when the events intake is down.
    """

    def __init__(self, api_key: ApiKey, seconds_left: Callable[[], float], most_failures: int) -> None:
        self._api_key = api_key
        self.seconds_left = seconds_left
        self._most_failures = most_failures
        self._failures = 0
        self._reason = ""
        self._retry_after = 0.0
        self._reloaded = False
        self._lock = Lock()

    def reason_to_stop(self) -> str:
        """Empty while requests may be sent."""
        return self._reason or ("out of time" if self.seconds_left() < SHORTEST_REQUEST else "")

    def stop(self, reason: str) -> None:
        """Stop sending in this invocation. The first reason stays."""
        self._reason = self._reason or reason

    def waiting(self, reason: str, answer: Answer = NOT_SENT) -> Answer:
        """The answer for a request that goes back to the queue, for as long as Datadog asked."""
        return answer._replace(reason=reason, retry_after=self._retry_after)

    def may_wait(self, seconds: float) -> bool:
        """Whether to wait here for the next attempt."""
        if seconds > LONGEST_WAIT:
            self._retry_after = max(self._retry_after, seconds)
            self.stop(f"Datadog asks to wait {seconds:.0f} s")
            return False
        return self.seconds_left() > seconds + SHORTEST_REQUEST

    def failed(self) -> None:
        """Stop after too many consecutive failures; Datadog is probably down."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most_failures:
                self.stop("Datadog does not answer")

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def key(self) -> str:
        """Raises ApiKeyUnavailable."""
        return self._api_key.get(seconds=self.seconds_left())

    def key_refused(self, refused: str, status: int) -> None:
        """Read the key again, once per invocation. Stop if it is unchanged, or refused too."""
        with self._lock:
            try:
                if self._api_key.get(seconds=self.seconds_left()) != refused:
                    return
                if not self._reloaded:
                    self._reloaded = True
                    if self._api_key.reload(seconds=self.seconds_left()) != refused:
                        return
                self.stop(f"Datadog refuses the API key (HTTP {status}); do key and site belong together?")
            except ApiKeyUnavailable as error:
                self.stop(str(error))
