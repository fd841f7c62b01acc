"""A destination is an intake of Datadog: one key, one site, Datadog's own answer. A file each describes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from .item import Context, Item
from .request import Endpoint, Request


class Destination(NamedTuple):
    """Where events can be sent.

    base_url: of a Datadog site, with `{site}` in it; a user may replace it.
    path: of the intake at the base URL. headers: of every request, besides the common ones.
    most_items: in a request. encode: the body for items, cut short if the last argument is true; may raise TooLarge.
    """

    name: str
    base_url: str
    path: str
    headers: tuple[tuple[str, str], ...]
    most_items: int
    encode: Callable[[Context, Sequence[Item], bool], bytes]

    def requests(self, base_url: str, items: Sequence[Item], context: Context) -> Iterator[Request]:
        """The requests for the items, at that base URL."""
        endpoint = Endpoint(f"{base_url}{self.path}", self.headers)
        for start in range(0, len(items), self.most_items):
            batch = tuple(items[start : start + self.most_items])
            yield Request(self.name, endpoint, batch, partial(self.encode, context))
