"""POST requests over kept connections, with what is the same for all requests to a URL prepared once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import requests
from requests.adapters import HTTPAdapter

from . import __version__

USER_AGENT = f"deep-security-datadog/{__version__}"

_Prepared: TypeAlias = tuple[requests.PreparedRequest, Mapping[str, Any]]


class Transport:
    """A session that threads share. connections: how many are kept open to a host."""

    def __init__(self, *, connections: int) -> None:
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers.update({"User-Agent": USER_AGENT, "Content-Type": "application/json"})
        self._prepared: dict[str, _Prepared] = {}

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, timeout: tuple[float, float]
    ) -> requests.Response:
        """The answer, of whatever status; redirects are not followed. timeout: to connect and to read, in seconds.

        Raises requests.RequestException, and UnicodeError for headers that HTTP cannot carry.
        """
        if url not in self._prepared:
            self._prepared[url] = self._prepare(url)
        template, environment = self._prepared[url]
        request = template.copy()
        request.body = body
        request.headers.update(headers)
        request.headers["Content-Length"] = str(len(body))
        return self._session.send(request, timeout=timeout, allow_redirects=False, **environment)

    def _prepare(self, url: str) -> _Prepared:
        """A request without its body, and the environment's proxy and CA bundle: half of the time of a request."""
        environment = self._session.merge_environment_settings(url, {}, None, None, None)
        return self._session.prepare_request(requests.Request("POST", url)), environment
