"""What became of a request to Datadog."""

from enum import Enum
from typing import NamedTuple


class Outcome(Enum):
    ACCEPTED = "accepted"
    RETRY = "retry"
    REFUSED = "refused"


class Answer(NamedTuple):
    """An outcome and how it came about.

    status: HTTP status, None without an answer. attempts: number of requests made.
    reason: for logs and the dead-letter queue, without content and without the API key; empty when accepted.
    retry_after: seconds that Datadog asked to wait, 0 if it did not. is_rate_limit: whether for all requests alike.
    """

    outcome: Outcome
    status: int | None = None
    reason: str = ""
    attempts: int = 0
    retry_after: float = 0.0
    is_rate_limit: bool = False
