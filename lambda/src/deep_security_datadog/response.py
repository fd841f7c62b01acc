"""An HTTP response and what it means: docs/reference/datadog-limits.md#answers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from .outcome import Answer, Outcome

ACCEPTED = 202
TOO_LARGE = 413
KEY_REFUSED = frozenset((401, 403))
# Retrying does not change these. Any other status may come from a proxy, a wrong URL or an outage, so it is retried.
_REFUSED = frozenset((400, TOO_LARGE, 422))
# Longest wait that a response may ask for, in seconds. No rate limit lasts longer than a day.
_LONGEST_ASKED = 86_400.0


class Response(NamedTuple):
    """headers: case-insensitive names. content: the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


def answer_of(response: Response, attempts: int, *, has_smaller_body: bool) -> Answer:
    """The answer for what Datadog, or something on the way to it, said at the last of so many attempts."""
    status = response.status
    if is_accepted(status, response.content):
        return Answer(Outcome.ACCEPTED, status, attempts=attempts)
    refused = status in _REFUSED and not (status == TOO_LARGE and has_smaller_body)
    reason = f"HTTP {status}" if status >= 300 else f"HTTP {status}, but not from Datadog"
    return Answer(Outcome.REFUSED if refused else Outcome.RETRY, status, reason, attempts)


def is_accepted(status: int, content: bytes) -> bool:
    """Whether Datadog accepted a request: 202, or another 2xx with Datadog's own JSON. A proxy's page is not.

    https://docs.datadoghq.com/api/latest/events/ and docs/reference/datadog-limits.md#answers
    """
    if status == ACCEPTED:
        return True
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    # The events intake says `status`, the logs intake answers with an empty object.
    return 200 <= status < 300 and isinstance(value, dict) and (not value or value.get("status") == "ok")


def retry_after(headers: Mapping[str, str], backoff: float) -> float:
    """Seconds to wait: `Retry-After` or `X-RateLimit-Reset`, but at least the backoff."""
    for name in ("Retry-After", "X-RateLimit-Reset"):
        with contextlib.suppress(ValueError):
            seconds = float(headers.get(name, ""))
            if isfinite(seconds):
                return max(backoff, min(seconds, _LONGEST_ASKED))
    return backoff
