"""POST requests over kept connections, with what is the same for all requests to a URL found out once.

This is the lower half of requests: its adapter, which has the connections, the proxies and the certificates. The upper
half, a session, would take half as long again for what nobody needs here: cookies, redirects, history, encodings.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

# The zip leaves out what guesses character sets: no answer of Datadog is read as text.
warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")

from requests import PreparedRequest, Request, Response, Session  # noqa: E402 (it warns when it is imported)
from requests.adapters import HTTPAdapter  # noqa: E402
from urllib3.exceptions import HTTPError  # noqa: E402

from . import __version__  # noqa: E402

USER_AGENT = f"deep-security-datadog/{__version__}"
_HEADERS = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}


class NoAnswer(Exception):
    """The request failed on its way. The message is the name of the error: its own text can hold the URL or the key."""


class Reply(NamedTuple):
    """An answer, of whatever status. Header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]


class Transport:
    """Connections that threads share. connections: how many are kept open to a host."""

    def __init__(self, *, connections: int) -> None:
        self._adapter = _Adapter(pool_maxsize=connections)
        self._ways: dict[str, _Way] = {}

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout: tuple[float, float]) -> Reply:
        """The answer; redirects are not followed. timeout: to connect and to read, in seconds. Raises NoAnswer."""
        try:
            if url not in self._ways:
                self._ways[url] = _way(url)
            way = self._ways[url]
            response = self._adapter.send(_request(way.url, body, headers), timeout=timeout, **way.environment)
            # What it says is not needed, but the connection is only free when it is read. It is an answer even where
            # its end is missing.
            response.raw.drain_conn()
        except (OSError, ValueError, HTTPError) as error:  # of requests, of a header's value, of urllib3
            raise NoAnswer(type(error).__name__) from None
        return Reply(response.status_code, response.headers)


class _Way(NamedTuple):
    """A URL as it is sent, and what the environment says of the way there: proxies and CA bundle."""

    url: str | None
    environment: Mapping[str, Any]


def _way(url: str) -> _Way:
    environment = Session().merge_environment_settings(url, {}, None, None, None)
    return _Way(Request("POST", url).prepare().url, environment)


def _request(url: str | None, body: bytes, headers: Mapping[str, str]) -> PreparedRequest:
    request: Any = PreparedRequest()
    request.method, request.url, request.body = "POST", url, body
    request.headers = {**_HEADERS, **headers, "Content-Length": str(len(body))}
    prepared: PreparedRequest = request
    return prepared


class _Adapter(HTTPAdapter):
    """An adapter to a few addresses, whose pools it looks up once, with answers that hold what is asked for here."""

    def __init__(self, *, pool_maxsize: int) -> None:
        super().__init__(pool_maxsize=pool_maxsize)
        self._pools: dict[str, Any] = {}

    def get_connection_with_tls_context(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Any:
        url = request.url or ""
        if url not in self._pools:
            self._pools[url] = super().get_connection_with_tls_context(request, *arguments, **options)
        return self._pools[url]

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        response = Response()
        response.request, response.raw = req, resp
        response.status_code, response.headers = resp.status, resp.headers
        return response
