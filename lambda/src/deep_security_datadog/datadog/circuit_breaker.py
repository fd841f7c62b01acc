"""Whether an endpoint is worth another request. What it answers to one message is no evidence about the others."""

from __future__ import annotations

from deep_security_datadog.outcome import Answer, Outcome

from .request import Request
from .response import KEY_REFUSED

# Seconds. A longer wait belongs in the queue.
LONGEST_WAIT = 5.0
# In a row, without one that was accepted.
MOST_FAILURES = 32
MOST_RATE_LIMITS = 2


class CircuitBreaker:
    """Collects the answers of one endpoint: logs go on when the events intake is down.

    is_half_open: whether the last invocation found it down. Then one request goes first, and the others if that is
    accepted.
    reason: why nothing more is sent; empty while it is. retry_after: how many seconds the endpoint asked to wait.
    is_paused: whether it asked for a wait that is short enough for this invocation.
    """

    def __init__(self, *, is_half_open: bool = False) -> None:
        self.is_half_open = is_half_open
        self.is_paused = False
        self.reason = ""
        self.retry_after = 0.0
        self.has_accepted = False
        self._has_failed = False
        self._failures = 0
        self._rate_limits = 0
        self._messages: set[str] = set()
        self._has_status = False

    @property
    def is_down(self) -> bool:
        """Whether there were answers, and none accepted anything."""
        return self._has_failed and not self.has_accepted

    def stop(self, reason: str) -> None:
        """Sends no more in this invocation. The first reason stays."""
        self.reason = self.reason or reason

    def answered(self, request: Request, answer: Answer, *, is_first: bool) -> None:
        """Takes an answer into account. is_first: whether it is to the first attempt."""
        if answer.outcome is not Outcome.RETRY:
            # Who refuses one event is not down.
            self.has_accepted = True
            self.is_half_open = False
            self._forget()
            return
        self._has_failed = True
        self.retry_after = max(self.retry_after, answer.retry_after if answer.is_rate_limit else 0.0)
        if answer.is_rate_limit:
            self._rate_limits += 1
            if self._rate_limits >= MOST_RATE_LIMITS:
                self.is_paused = True
        elif is_first and (answer.status is None or len(request.items) == 1):
            # A batch that was answered tells nothing yet: one of its events may be the reason.
            self._failures += 1
            self._messages |= request.messages
            self._has_status = self._has_status or answer.status is not None
        if self.is_half_open or (self._failures >= MOST_FAILURES and (len(self._messages) > 1 or not self._has_status)):
            self.stop(_reason(answer))
        if self.is_paused and self.retry_after > LONGEST_WAIT:
            self.stop(f"Datadog asks to wait {self.retry_after:.0f} s")

    def all_were_tried(self) -> None:
        """Takes into account that every request was tried once: a message alone is evidence if all of it failed."""
        self.is_paused = False
        if self._failures >= MOST_FAILURES:
            self.stop("Datadog does not accept anything")

    def _forget(self) -> None:
        self._failures = self._rate_limits = 0
        self._messages.clear()
        self._has_status = False


def _reason(answer: Answer) -> str:
    if answer.status is None:
        return "Datadog does not answer"
    if answer.status in KEY_REFUSED:
        return f"Datadog refuses the API key (HTTP {answer.status}); do key and site belong together?"
    return f"Datadog answers with HTTP {answer.status}"
