"""POST requests over kept connections, with what is the same for all requests to a URL prepared once."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

# The zip leaves out what guesses character sets: no answer of Datadog is read as text.
warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")

import requests  # noqa: E402 (it warns when it is imported)
from requests.adapters import HTTPAdapter  # noqa: E402

from . import __version__  # noqa: E402

USER_AGENT = f"deep-security-datadog/{__version__}"

_Prepared: TypeAlias = tuple[requests.PreparedRequest, Mapping[str, Any]]


class NoAnswer(Exception):
    """The request failed on its way. The message is the name of the error: its own text can hold the URL or the key."""


class Reply(NamedTuple):
    """An answer, of whatever status. Header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]


class Transport:
    """A session that threads share. connections: how many are kept open to a host."""

    def __init__(self, *, connections: int) -> None:
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers.update({"User-Agent": USER_AGENT, "Content-Type": "application/json"})
        self._prepared: dict[str, _Prepared] = {}

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout: tuple[float, float]) -> Reply:
        """The answer; redirects are not followed. timeout: to connect and to read, in seconds. Raises NoAnswer."""
        if url not in self._prepared:
            self._prepared[url] = self._prepare(url)
        template, environment = self._prepared[url]
        request = template.copy()
        request.body = body
        request.headers.update(headers)
        request.headers["Content-Length"] = str(len(body))
        try:
            response = self._session.send(request, timeout=timeout, allow_redirects=False, **environment)
        except (requests.RequestException, ValueError) as error:  # the latter for what a header cannot hold
            raise NoAnswer(type(error).__name__) from None
        return Reply(response.status_code, response.headers)

    def _prepare(self, url: str) -> _Prepared:
        """A request without its body, and the environment's proxy and CA bundle: half of the time of a request."""
        environment = self._session.merge_environment_settings(url, {}, None, None, None)
        return self._session.prepare_request(requests.Request("POST", url)), environment
