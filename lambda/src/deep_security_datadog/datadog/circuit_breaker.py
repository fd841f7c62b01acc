"""Whether an endpoint is worth another request. What it answers to one message is no evidence about the others."""

from deep_security_datadog.outcome import Answer, Outcome

from .client import KEY_REFUSED
from .request import Request

# Seconds. A longer wait belongs in the queue.
LONGEST_WAIT = 5.0
# In a row, without one that was accepted.
MOST_FAILURES = 32
MOST_RATE_LIMITS = 2


class CircuitBreaker:
    """Collects the answers of one endpoint: logs go on when the events intake is down.

    is_half_open: the last invocation found it down, so one request goes first, and the others if that is accepted.
    is_paused: whether what is not sent yet waits for the next round. reason: why nothing more is sent, else empty.
    retry_after: seconds that the endpoint asked to wait. is_up: None as long as there is no answer.
    """

    def __init__(self, *, is_half_open: bool = False) -> None:
        self.is_half_open = is_half_open
        self.is_paused = False
        self.reason = ""
        self.is_up: bool | None = None
        self._count_anew()

    def _count_anew(self) -> None:
        self._failures = self._rate_limits = 0
        self.retry_after = 0.0
        self._messages = set[str]()
        self._is_silent = True

    def stop(self, reason: str) -> None:
        """Sends no more in this invocation. The first reason stays."""
        self.reason = self.reason or reason

    def answered(self, request: Request, answer: Answer, *, is_first: bool) -> None:
        """Takes an answer into account. is_first: whether it is to the first attempt."""
        if answer.outcome is not Outcome.RETRY:
            # Who refuses one event is not down.
            self.is_up, self.is_half_open = True, False
            self._count_anew()
            return
        self.is_up = self.is_up or False
        if answer.is_rate_limit and answer.retry_after:
            self._rate_limits += 1
            self.retry_after = max(self.retry_after, answer.retry_after)
            self.is_paused = self.is_paused or self._rate_limits >= MOST_RATE_LIMITS
        elif is_first and (answer.status is None or len(request.items) == 1):
            # A batch that was answered tells nothing yet: one of its events may be the reason.
            self._failures += 1
            self._messages.update(item.message for item in request.items)
            self._is_silent = self._is_silent and answer.status is None
        if self.is_half_open or (self._failures >= MOST_FAILURES and (self._is_silent or len(self._messages) > 1)):
            reason = f"Datadog answers with HTTP {answer.status}" if answer.status else "Datadog does not answer"
            if answer.status in KEY_REFUSED:
                reason = f"Datadog refuses the API key (HTTP {answer.status}); do key and site belong together?"
            self.stop(reason)
        elif self.is_paused and self.retry_after > LONGEST_WAIT:
            self.stop(f"Datadog asks to wait {self.retry_after:.0f} s")

    def all_were_tried(self) -> None:
        """Ends a round, in which every request was tried: a message alone is evidence if all of it failed."""
        if self._failures >= MOST_FAILURES and not self.is_paused:
            self.stop("Datadog does not accept anything")
        self.is_paused = False
