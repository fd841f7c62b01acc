"""Destinations, which are intakes of Datadog (one key, one site, Datadog's own answer), and the requests to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Self

from deep_security_datadog.log import LoggableError

from .item import Context, Item


class TooLarge(LoggableError):
    """A body is larger than the intake takes."""


class CannotRender(LoggableError):
    """A body cannot be made. The message has the name of the error."""


class Request(NamedTuple):
    """A POST request. encode: see `Destination`; called when it is sent, so that few bodies exist at a time."""

    destination: str
    url: str
    headers: Mapping[str, str]
    items: tuple[Item, ...]
    encode: Callable[[Sequence[Item], bool], bytes]
    is_short: bool = False

    def body(self) -> bytes:
        """Raises TooLarge and CannotRender."""
        try:
            return self.encode(self.items, self.is_short)
        except TooLarge:
            raise
        except Exception as error:  # noqa: BLE001 (it concerns these items only)
            raise CannotRender(f"cannot be rendered ({type(error).__name__})") from None

    def split(self, place: int) -> tuple[Self, ...]:
        """Requests with the items before the place and from there on, as far as there are any."""
        return tuple(self._replace(items=items) for items in (self.items[:place], self.items[place:]) if items)

    def smaller(self) -> tuple[Self, ...]:
        """What to send instead if it is too large: its halves, or its item cut short, once."""
        return self.halves() or (() if self.is_short else (self._replace(is_short=True),))

    def halves(self) -> tuple[Self, ...]:
        """Two requests with half of the items each; none for a single item."""
        return self.split(len(self.items) // 2) if len(self.items) > 1 else ()


class Destination(NamedTuple):
    """Where events can be sent. A file each describes one.

    base_url: of a Datadog site, with `{site}` in it; a user may replace it. path: of the intake at the base URL.
    headers: of every request, besides the common ones. most_items: in a request.
    encode: the body for items, cut short if the last argument is true; may raise TooLarge.
    """

    name: str
    base_url: str
    path: str
    headers: Mapping[str, str]
    most_items: int
    encode: Callable[[Context, Sequence[Item], bool], bytes]

    def requests(self, base_url: str, items: Sequence[Item], context: Context) -> Iterator[Request]:
        """The requests for the items, at that base URL."""
        for start in range(0, len(items), self.most_items):
            batch = tuple(items[start : start + self.most_items])
            encode = partial(self.encode, context)
            yield Request(self.name, f"{base_url}{self.path}", self.headers, batch, encode)
