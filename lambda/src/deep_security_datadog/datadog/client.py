"""HTTP to Datadog, with plain `requests`, and what an answer means: docs/reference/datadog-limits.md#answers."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite, nan
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from deep_security_datadog import __version__
from deep_security_datadog.log import LoggableError, reason_of
from deep_security_datadog.outcome import Answer, Outcome

from .request import Request

USER_AGENT = f"deep-security-datadog/{__version__}"
API_KEY_HEADER = "DD-API-KEY"
# Seconds, for each address and each read. The deadline of a request as a whole is the sender's.
CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
# Bytes of an answer that are read; Datadog's are much shorter.
_LONGEST_ANSWER = 100_000
ACCEPTED = 202
TOO_LARGE = 413
KEY_REFUSED = frozenset((401, 403))
# Retrying does not change these. Any other status may come from a proxy, a wrong URL or an outage, so it is retried.
_REFUSED = frozenset((400, TOO_LARGE, 422))
# Longest wait that is believed, in seconds. No rate limit lasts longer than a day.
_LONGEST_ASKED = 86_400.0


class Progress:
    """What is known of a request while it is sent: its key, when it began, and the status of an answer that is read."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.started = time.monotonic()
        self.status = 0


class DatadogClient:
    """Keeps so many connections to each host, for as long as the execution environment lives. Threads share it."""

    def __init__(self, *, connections: int) -> None:
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
        self._prepared: dict[str, tuple[requests.PreparedRequest, Mapping[str, Any]]] = {}

    def post(self, request: Request, progress: Progress, *, seconds: float) -> Answer:
        """The answer, of whatever status. Raises CannotRender, TooLarge, and LoggableError without URL and key."""
        body = request.body()
        try:
            prepared, options = self._prepare(request)
            copy = prepared.copy()
            copy.prepare_body(body, None)
            copy.headers[API_KEY_HEADER] = progress.key
            timeout = (min(CONNECT_TIMEOUT, seconds), min(READ_TIMEOUT, seconds))
            response = self._session.send(copy, timeout=timeout, allow_redirects=False, **options)
        except (OSError, ValueError, HTTPError) as error:  # from requests, a header's value, urllib3
            raise LoggableError(reason_of(error)) from None
        progress.status = response.status_code
        content = b""
        # An answer counts even if its end is missing. Read to its end, it frees the connection.
        with response, suppress(OSError, ValueError, HTTPError):
            content = response.raw.read(_LONGEST_ANSWER, decode_content=True)
        return answer_of(response.status_code, response.headers, content)

    def _prepare(self, request: Request) -> tuple[requests.PreparedRequest, Mapping[str, Any]]:
        """A request without body and key, and the environment's proxies and CA bundle; once, as that costs much."""
        if request.url not in self._prepared:
            headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json", **request.destination.headers}
            options = self._session.merge_environment_settings(request.url, {}, True, None, None)
            self._prepared[request.url] = requests.Request("POST", request.url, headers).prepare(), options
        return self._prepared[request.url]


def answer_of(status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    """The answer for what Datadog, or something on the way to it, said. content: the beginning of the body."""
    if is_accepted(status, content):
        return Answer(Outcome.ACCEPTED, status, attempts=1)
    reason = f"HTTP {status}" if status >= 300 else f"HTTP {status}, but not from Datadog"
    if status in _REFUSED:
        return Answer(Outcome.REFUSED, status, reason, 1)
    # A rate limit is the same for all requests. Another answer may be about one event.
    is_rate_limit = status == 429 or headers.get("X-RateLimit-Remaining", "").strip() == "0"
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
