"""HTTP to Datadog, with plain `requests`."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from deep_security_datadog import __version__
from deep_security_datadog.log import LoggableError, reason_of
from deep_security_datadog.outcome import Answer

from .request import Request
from .response import answer_of

USER_AGENT = f"deep-security-datadog/{__version__}"
API_KEY_HEADER = "DD-API-KEY"
# Seconds, for each address and each read. The deadline of a request as a whole is the sender's.
CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
# Bytes of an answer that are read; Datadog's are much shorter.
_LONGEST_ANSWER = 100_000


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
