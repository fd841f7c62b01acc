"""HTTP to Datadog: several requests at once, brief retries, a circuit breaker, and one answer per request.

Trouble with one request is an answer and never an exception, so that it cannot stop the others. What the statuses mean:
docs/reference/datadog-limits.md#answers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from . import __version__
from .api_key import ApiKey, ApiKeyUnavailable
from .outcome import Answer, Outcome
from .request import Endpoint, Request

USER_AGENT = f"deep-security-datadog/{__version__}"
CONCURRENT_REQUESTS = 16

# Seconds. Datadog answers within a fraction of one; after this long another connection is worth a try.
CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
# Kept back at the end of an invocation for putting back what was not delivered.
MARGIN = 2.0
# No request is begun with less time left: one that is accepted but cut off before its answer is sent twice.
SHORTEST_REQUEST = 2.0

# Retries within an invocation bridge a hiccup; the queue bridges whatever lasts longer.
MOST_ATTEMPTS = 4
BACKOFF = (0.2, 0.6, 1.8, 5.0)
LONGEST_WAIT = BACKOFF[-1]

# No repetition changes these. Any other status may come from a proxy, a wrong URL or an outage: nothing is lost by it.
_REFUSED = frozenset((400, 413, 422))
_KEY_REFUSED = frozenset((401, 403))
_TOO_LARGE = 413


class NoAnswer(Exception):
    """A request without an answer. The message is the name of the error, whose own text may hold URL or key."""


class _Response(NamedTuple):
    """Header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]


class DatadogClient:
    """Sends requests; lives as long as the execution environment and keeps its connections."""

    def __init__(
        self,
        api_key: ApiKey,
        *,
        concurrent_requests: int = CONCURRENT_REQUESTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api_key = api_key
        self._sleep = sleep
        self._pool = ThreadPoolExecutor(concurrent_requests, thread_name_prefix="datadog")
        self._most_failures = max(8, 2 * concurrent_requests)
        self._session = _session(concurrent_requests)
        self._prepared: dict[Endpoint, _Prepared] = {}

    def send(self, requests: Iterable[Request], *, seconds_left: Callable[[], float]) -> list[Answer]:
        """An answer for each request, in their order.

        seconds_left: until Lambda ends the invocation. No request is begun or running within MARGIN of that.
        """
        requests = list(requests)
        breakers = {
            endpoint: CircuitBreaker(self._api_key, lambda: seconds_left() - MARGIN, self._most_failures)
            for endpoint in {request.endpoint for request in requests}
        }
        return list(self._pool.map(lambda request: self._answer(request, breakers[request.endpoint]), requests))

    def _answer(self, request: Request, breaker: CircuitBreaker) -> Answer:
        if reason := breaker.reason_to_stop():
            return Answer(Outcome.RETRY, reason=reason)
        try:
            body = request.body()
        except Exception as error:  # noqa: BLE001 (a body that cannot be made must not bring back the requests already sent)
            return Answer(Outcome.REFUSED, reason=f"cannot be rendered ({type(error).__name__})")
        return self._send_with_retries(request, body, breaker)

    def _send_with_retries(self, request: Request, body: bytes, breaker: CircuitBreaker) -> Answer:
        answer = Answer(Outcome.RETRY)
        for attempt in range(MOST_ATTEMPTS):
            if reason := breaker.reason_to_stop():
                return answer._replace(reason=answer.reason or reason)
            answer, wait = self._attempt(request, body, breaker, attempt)
            if answer.outcome is not Outcome.RETRY:
                return answer
            if answer.status == _TOO_LARGE and request.smaller_body:
                body, request = request.smaller_body(), request._replace(smaller_body=None)
            elif attempt + 1 == MOST_ATTEMPTS or not breaker.may_wait(wait):
                return answer
            else:
                self._sleep(wait)
        return answer

    def _attempt(self, request: Request, body: bytes, breaker: CircuitBreaker, attempt: int) -> tuple[Answer, float]:
        """The answer to one attempt, and how many seconds to wait before the next."""
        attempts, backoff = attempt + 1, _backoff(attempt)
        try:
            key = breaker.key()
        except ApiKeyUnavailable as error:
            breaker.stop(str(error))
            return Answer(Outcome.RETRY, reason=str(error), attempts=attempt), 0.0
        try:
            response = self._post(request.endpoint, body, key, max(SHORTEST_REQUEST, breaker.seconds_left()))
        except NoAnswer as error:
            breaker.failed()
            return Answer(Outcome.RETRY, reason=str(error), attempts=attempts), backoff
        status = response.status
        if 200 <= status < 300:
            breaker.succeeded()
            return Answer(Outcome.ACCEPTED, status, attempts=attempts), 0.0
        reason = f"HTTP {status}"
        if status in _REFUSED and not (status == _TOO_LARGE and request.smaller_body):
            breaker.succeeded()
            return Answer(Outcome.REFUSED, status, reason, attempts), 0.0
        if status in _KEY_REFUSED:
            breaker.key_refused(key, status)
            return Answer(Outcome.RETRY, status, reason, attempts), 0.0
        if status >= 500:
            breaker.failed()
        return Answer(Outcome.RETRY, status, reason, attempts), retry_after(response.headers, backoff)

    def _post(self, endpoint: Endpoint, body: bytes, key: str, seconds: float) -> _Response:
        """The answer, of whatever status; redirects are not followed. Raises NoAnswer."""
        try:
            prepared, options = self._prepare(endpoint)
            request = prepared.copy()
            request.prepare_body(body, None)
            if endpoint.api_key_header:
                request.headers[endpoint.api_key_header] = key
            timeout = (min(CONNECT_TIMEOUT, seconds), min(READ_TIMEOUT, seconds))
            response = self._session.send(request, timeout=timeout, allow_redirects=False, **options)
            # The connection is free for the next request once all is read. It is an answer even if its end is missing.
            response.raw.drain_conn()
        except (OSError, ValueError, HTTPError) as error:  # of requests, of a header's value, of urllib3
            raise NoAnswer(type(error).__name__) from None
        return _Response(response.status_code, response.headers)

    def _prepare(self, endpoint: Endpoint) -> _Prepared:
        """What all requests to an endpoint have in common: made once, because it takes as long as a request."""
        if endpoint not in self._prepared:
            headers = {"User-Agent": USER_AGENT, **dict(endpoint.headers)}
            request = requests.Request("POST", endpoint.url, headers).prepare()
            options = self._session.merge_environment_settings(request.url, {}, True, None, None)
            self._prepared[endpoint] = _Prepared(request, options)
        return self._prepared[endpoint]


class _Prepared(NamedTuple):
    """A request without body and key, and what the environment says: proxies and CA bundle."""

    request: requests.PreparedRequest
    options: Mapping[str, Any]


def _session(connections: int) -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
    return session


class CircuitBreaker:
    """Circuit breaker, deadline and API key for one endpoint during one invocation.

    Each endpoint has its own: that events are not taken is no reason to keep back logs.
    """

    def __init__(self, api_key: ApiKey, seconds_left: Callable[[], float], most_failures: int) -> None:
        self._api_key = api_key
        self.seconds_left = seconds_left
        self._most_failures = most_failures
        self._failures = 0
        self._reason = ""
        self._reloaded = False
        self._lock = Lock()

    def reason_to_stop(self) -> str:
        """Empty while requests may be sent."""
        return self._reason or ("out of time" if self.seconds_left() < SHORTEST_REQUEST else "")

    def stop(self, reason: str) -> None:
        """Sends nothing more in this invocation. The first reason stays."""
        self._reason = self._reason or reason

    def may_wait(self, seconds: float) -> bool:
        """Whether to wait for the next attempt here; a long wait is better spent in the queue."""
        if seconds > LONGEST_WAIT:
            self.stop(f"told to wait {seconds:.0f} s")
            return False
        return self.seconds_left() > seconds + SHORTEST_REQUEST

    def failed(self) -> None:
        """Stops after this many consecutive failures; Datadog is probably down."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most_failures:
                self.stop("Datadog does not answer")

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def key(self) -> str:
        """Raises ApiKeyUnavailable."""
        return self._api_key.get()

    def key_refused(self, refused: str, status: int) -> None:
        """Reads the key again, once per invocation. Stops if it is the same or refused too."""
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


def retry_after(headers: Mapping[str, str], backoff: float) -> float:
    """Seconds to wait: those of `Retry-After` or `X-RateLimit-Reset`, at least the backoff."""
    for name in ("Retry-After", "X-RateLimit-Reset"):
        try:
            return max(backoff, float(headers.get(name, "")))
        except ValueError:
            continue
    return backoff


def _backoff(attempt: int) -> float:
    """Seconds, with jitter, so that functions do not come back all at once."""
    return random.uniform(0.5, 1.0) * BACKOFF[attempt]  # noqa: S311 (no secret depends on it)
