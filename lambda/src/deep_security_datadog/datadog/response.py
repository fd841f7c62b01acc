"""What an HTTP response means: docs/reference/datadog-limits.md#answers."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite, nan

from deep_security_datadog.outcome import Answer, Outcome

ACCEPTED = 202
TOO_LARGE = 413
KEY_REFUSED = frozenset((401, 403))
_TOO_MANY = 429
# Retrying does not change these. Any other status may come from a proxy, a wrong URL or an outage, so it is retried.
_REFUSED = frozenset((400, TOO_LARGE, 422))
# Longest wait that is believed, in seconds. No rate limit lasts longer than a day.
_LONGEST_ASKED = 86_400.0


def answer_of(status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    """The answer for what Datadog, or something on the way to it, said. content: the beginning of the body."""
    if is_accepted(status, content):
        return Answer(Outcome.ACCEPTED, status, attempts=1)
    reason = f"HTTP {status}" if status >= 300 else f"HTTP {status}, but not from Datadog"
    if status in _REFUSED:
        return Answer(Outcome.REFUSED, status, reason, 1)
    # A rate limit is the same for all requests. Another answer may be about one event.
    is_rate_limit = status == _TOO_MANY or headers.get("X-RateLimit-Remaining", "").strip() == "0"
    # `X-RateLimit-Reset` is for a rate limit only: Datadog sends it always.
    names = ["Retry-After", "X-RateLimit-Reset"] if is_rate_limit else ["Retry-After"] if status == 503 else []
    asked = (_seconds(headers.get(name, "")) for name in names)
    seconds = next((seconds for seconds in asked if isfinite(seconds)), 0.0)
    return Answer(Outcome.RETRY, status, reason, 1, min(max(0.0, seconds), _LONGEST_ASKED), is_rate_limit)


def is_accepted(status: int, content: bytes) -> bool:
    """Whether Datadog accepted a request: 202, or another 2xx with Datadog's own JSON. A proxy's page is not."""
    if 200 <= status < 300 and status != ACCEPTED:
        with suppress(ValueError, RecursionError):
            value = json.loads(content)
            # The events intake says `status`, the logs intake answers with an empty object.
            return isinstance(value, dict) and (not value or value.get("status") == "ok")
    return status == ACCEPTED


def _seconds(text: str) -> float:
    """Seconds from now, of a number or of a date as HTTP writes it (RFC 9110, 10.2.3); NaN for anything else."""
    with suppress(ValueError):
        return float(text)
    with suppress(ValueError, TypeError, OverflowError):
        return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    return nan
