"""What a destination is: a file each in this folder describes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from deep_security_datadog.fold import Item
from deep_security_datadog.request import Endpoint, Request
from deep_security_datadog.text import Context


class Batch(NamedTuple):
    """A request and the items that it carries."""

    destination: str
    items: tuple[Item, ...]
    request: Request


class Destination(NamedTuple):
    """Where events can be sent.

    base_url: of a Datadog site, with `{site}` in it; a user may replace it.
    path: of the intake at the base URL. headers: of every request, besides the common ones.
    api_key_header: the header that carries the API key, None = no key is sent.
    requests: the requests for items, each with the items that it carries.
    """

    name: str
    base_url: str
    path: str
    requests: Callable[[Endpoint, Sequence[Item], Context], Iterator[tuple[tuple[Item, ...], Request]]]
    headers: tuple[tuple[str, str], ...] = ()
    api_key_header: str | None = None

    def batches(self, base_url: str, items: Sequence[Item], context: Context) -> Iterator[Batch]:
        """The requests for the items, at that base URL."""
        endpoint = Endpoint(f"{base_url}{self.path}", self.headers, self.api_key_header)
        for carried, request in self.requests(endpoint, items, context):
            yield Batch(self.name, carried, request)
