"""A request to send: to which endpoint, with which body."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Endpoint(NamedTuple):
    """A URL and the headers of all requests to it.

    api_key_header: name of the header that carries the API key, None = the key is not sent.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    api_key_header: str | None = None


class Request(NamedTuple):
    """A POST request.

    body: called when the request is sent, so that few bodies exist at a time.
    smaller_body: replaces the body once if the endpoint finds it too large; None = there is none.
    """

    endpoint: Endpoint
    body: Callable[[], bytes]
    smaller_body: Callable[[], bytes] | None = None
