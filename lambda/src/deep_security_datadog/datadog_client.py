"""HTTP to Datadog: concurrent requests, brief retries, a circuit breaker, and one answer per request.

A request that fails is an answer, never an exception, so it cannot stop the others.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import inf
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from . import __version__
from .api_key import ApiKey, ApiKeyUnavailable
from .circuit_breaker import LONGEST_WAIT, SHORTEST_REQUEST, CircuitBreaker
from .outcome import NOT_SENT, Answer, Outcome
from .request import Endpoint, Request
from .response import ACCEPTED, KEY_REFUSED, TOO_LARGE, Response, answer_of, retry_after

USER_AGENT = f"deep-security-datadog/{__version__}"
CONCURRENT_REQUESTS = 16

# Seconds; Datadog usually answers within one. The first two apply to each address and each read, the last to the
# request as a whole.
CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
REQUEST_DEADLINE = 12.0
# How often to look for requests that hang, in seconds.
_WATCH = 0.5
# Reserved at the end of an invocation for putting back what was not delivered.
MARGIN = 2.0

# Retries within an invocation cover a hiccup; the queue covers everything longer.
MOST_ATTEMPTS = 4
BACKOFF = (0.2, 0.6, 1.8, LONGEST_WAIT)
# How much of an answer is read, in bytes; Datadog's are much shorter.
_LONGEST_ANSWER = 100_000


class NoAnswer(Exception):
    """A request without an answer. The message is the name of the error, whose own text may hold URL or key."""


class HasRequest(Protocol):
    """Anything with a request, such as a batch."""

    @property
    def request(self) -> Request: ...


Carrier = TypeVar("Carrier", bound=HasRequest)


class _Sending(Generic[Carrier]):
    """A request in flight, as seen by the thread that waits for its answer.

    started: whether a worker has taken it. status: of an answer that is still being read, else 0.
    """

    def __init__(self, carrier: Carrier, breaker: CircuitBreaker) -> None:
        self.carrier = carrier
        self.breaker = breaker
        self.started = False
        self.status = 0
        self._deadline = inf
        self._lock = Lock()

    def take(self) -> bool:
        """Whether the calling thread is the first to take it."""
        with self._lock:
            first, self.started = not self.started, True
        return first

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Deadline for the request as a whole, however many addresses and reads it takes."""
        self.status, self._deadline = 0, time.monotonic() + seconds
        try:
            yield
        finally:
            self._deadline = inf

    @property
    def hangs(self) -> bool:
        return time.monotonic() > self._deadline

    def given_up(self) -> Answer:
        """The answer for a request that hangs. Others would hang too, so nothing more is sent."""
        if self.status == ACCEPTED:
            return Answer(Outcome.ACCEPTED, self.status, attempts=1)
        self.breaker.stop("Datadog does not answer in time")
        return self.breaker.waiting("no answer in time", Answer(Outcome.RETRY, attempts=1))


class DatadogClient:
    """Sends requests. Lives as long as the execution environment and keeps its connections."""

    def __init__(
        self,
        api_key: ApiKey,
        *,
        concurrent_requests: int = CONCURRENT_REQUESTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api_key = api_key
        self._sleep = sleep
        self._concurrent_requests = concurrent_requests
        self._pool = self._new_pool()
        self._most_failures = max(8, 2 * concurrent_requests)
        self._session = _session(concurrent_requests)
        self._prepared: dict[Endpoint, _Prepared] = {}

    def send(
        self, carriers: Iterable[Carrier], *, seconds_left: Callable[[], float]
    ) -> Iterator[tuple[Carrier, Answer]]:
        """Each carrier with the answer to its request, in the order of the answers.

        seconds_left: until Lambda ends the invocation. Within MARGIN of that, no request is started or waited for.
        """
        breakers: dict[Endpoint, CircuitBreaker] = {}
        answers: SimpleQueue[tuple[_Sending[Carrier], Answer]] = SimpleQueue()
        waiting: dict[_Sending[Carrier], None] = {}
        for carrier in carriers:
            endpoint = carrier.request.endpoint
            if endpoint not in breakers:
                breakers[endpoint] = CircuitBreaker(self._api_key, lambda: seconds_left() - MARGIN, self._most_failures)
            sending = _Sending(carrier, breakers[endpoint])
            waiting[sending] = None
            self._pool.submit(self._work, sending, answers)
        while waiting:
            try:
                sending, answer = answers.get(timeout=_WATCH)
                found = [(sending, answer)]
            except Empty:
                found = [(sending, sending.given_up()) for sending in waiting if sending.hangs]
                if found:
                    self._leave_pool([sending for sending in waiting if not sending.started], answers)
            for sending, answer in found:
                if sending in waiting:
                    del waiting[sending]
                    yield sending.carrier, answer

    def _leave_pool(self, unsent: Iterable[_Sending[Carrier]], answers: SimpleQueue[Any]) -> None:
        """Abandons hanging threads until their sockets give up. New threads send what waits behind them."""
        left, self._pool = self._pool, self._new_pool()
        left.shutdown(wait=False, cancel_futures=True)
        for sending in unsent:
            self._pool.submit(self._work, sending, answers)

    def _new_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._concurrent_requests, thread_name_prefix="datadog")

    def _work(self, sending: _Sending[Carrier], answers: SimpleQueue[tuple[_Sending[Carrier], Answer]]) -> None:
        if sending.take():
            try:
                answer = self._answer(sending)
            except Exception as error:  # noqa: BLE001 (the thread that waits for the answer would wait forever)
                answer = Answer(Outcome.RETRY, reason=f"unexpected {type(error).__name__}")
            answers.put((sending, answer))

    def _answer(self, sending: _Sending[Any]) -> Answer:
        if reason := sending.breaker.reason_to_stop():
            return sending.breaker.waiting(reason)
        try:
            body = sending.carrier.request.body()
        except Exception as error:  # noqa: BLE001 (a body that cannot be made must not bring back the requests already sent)
            return Answer(Outcome.REFUSED, reason=f"cannot be rendered ({type(error).__name__})")
        return self._send_with_retries(sending, body)

    def _send_with_retries(self, sending: _Sending[Any], body: bytes) -> Answer:
        request, breaker = sending.carrier.request, sending.breaker
        answer = NOT_SENT
        for attempt in range(MOST_ATTEMPTS):
            if reason := breaker.reason_to_stop():
                return breaker.waiting(answer.reason or reason, answer)
            answer, wait = self._attempt(sending, request, body, attempt)
            if answer.outcome is not Outcome.RETRY:
                return answer
            if answer.status == TOO_LARGE and request.smaller_body is not None:
                body, request = request.smaller_body(), request._replace(smaller_body=None)
            elif not breaker.may_wait(wait) or attempt + 1 == MOST_ATTEMPTS:
                return breaker.waiting(answer.reason, answer)
            else:
                self._sleep(wait)
        return answer

    def _attempt(self, sending: _Sending[Any], request: Request, body: bytes, attempt: int) -> tuple[Answer, float]:
        """The answer to one attempt, and how many seconds to wait before the next."""
        breaker, attempts, backoff = sending.breaker, attempt + 1, _backoff(attempt)
        try:
            key = breaker.key()
            response = self._post(sending, request.endpoint, body, key)
        except ApiKeyUnavailable as error:
            breaker.stop(str(error))
            return Answer(Outcome.RETRY, reason=str(error), attempts=attempt), 0.0
        except NoAnswer as error:
            breaker.failed()
            return Answer(Outcome.RETRY, reason=str(error), attempts=attempts), backoff
        answer = answer_of(response, attempts, has_smaller_body=request.smaller_body is not None)
        if answer.outcome is not Outcome.RETRY:
            breaker.succeeded()
        elif answer.status in KEY_REFUSED:
            breaker.key_refused(key, response.status)
        elif response.status >= 500 or response.status < 300:
            breaker.failed()
        return answer, retry_after(response.headers, backoff)

    def _post(self, sending: _Sending[Any], endpoint: Endpoint, body: bytes, key: str) -> Response:
        """The answer, of whatever status; redirects are not followed. Raises NoAnswer."""
        seconds = sending.breaker.seconds_left()
        if seconds < SHORTEST_REQUEST / 2:
            # Reading the key took too long.
            raise NoAnswer("out of time")
        timeout = (min(CONNECT_TIMEOUT, seconds), min(READ_TIMEOUT, seconds))
        with sending.within(min(REQUEST_DEADLINE, seconds)):
            try:
                prepared, options = self._prepare(endpoint)
                request = prepared.copy()
                request.prepare_body(body, None)
                if endpoint.api_key_header:
                    request.headers[endpoint.api_key_header] = key
                response = self._session.send(request, timeout=timeout, allow_redirects=False, **options)
            except (OSError, ValueError, HTTPError) as error:  # from requests, a header's value, urllib3
                raise NoAnswer(type(error).__name__) from None
            sending.status = response.status_code
            content = b""
            # An answer counts even if its end is missing. Reading it all frees the connection.
            with contextlib.suppress(OSError, ValueError, HTTPError):
                content = response.raw.read(_LONGEST_ANSWER, decode_content=True)
                response.raw.drain_conn()
        return Response(response.status_code, response.headers, content)

    def _prepare(self, endpoint: Endpoint) -> _Prepared:
        """What all requests to an endpoint share; prepared once, because that costs as much as a request."""
        if endpoint not in self._prepared:
            headers = {"User-Agent": USER_AGENT, **dict(endpoint.headers)}
            request = requests.Request("POST", endpoint.url, headers).prepare()
            options = self._session.merge_environment_settings(request.url, {}, True, None, None)
            self._prepared[endpoint] = _Prepared(request, options)
        return self._prepared[endpoint]


class _Prepared(NamedTuple):
    """A request without body and key, and the environment's settings: proxies and CA bundle."""

    request: requests.PreparedRequest
    options: Mapping[str, Any]


def _session(connections: int) -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
    return session


def _backoff(attempt: int) -> float:
    """Seconds, with jitter, so that concurrent functions do not retry at the same moment."""
    return random.uniform(0.5, 1.0) * BACKOFF[attempt]  # noqa: S311 (no secret depends on it)
