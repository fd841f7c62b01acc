"""Requests to Datadog: the items that they carry, and the destinations, which are intakes (one key, one site)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.log import LoggableError


class TooLarge(LoggableError):
    """A body is larger than the intake takes."""


class CannotRender(LoggableError):
    """A body cannot be made. The message has the name of the error."""


class Context(NamedTuple):
    """Shared by all events. now: UTC. tags: as configured. console_url: None = no link. ocsf: whether logs have it."""

    now: datetime
    tags: tuple[str, ...] = ()
    console_url: str | None = None
    ocsf: bool = False


class Repeats(NamedTuple):
    """The number of events, and the earliest and latest time (None if no event has one)."""

    total: int
    first: datetime | None = None
    last: datetime | None = None


class Item(NamedTuple):
    """An event to send. repeats: None for one that stands for itself only.

    message: names the message it came with. account_id: the AWS account of the topic, empty if unknown.
    published: when SNS received the message, None if unknown.
    parts: those of records that it stands for, whatever names them: one for its event, one for each folded repeat.
    """

    event: Event
    message: str = ""
    account_id: str = ""
    published: datetime | None = None
    repeats: Repeats | None = None
    parts: tuple[Any, ...] = ()


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

    def requests(self, base_url: str, items: Sequence[Item], context: Context) -> Iterator["Request"]:
        """The requests for the items, at that base URL."""
        for start in range(0, len(items), self.most_items):
            batch = tuple(items[start : start + self.most_items])
            yield Request(self, f"{base_url}{self.path}", batch, context)


class Request(NamedTuple):
    """A POST request. Its body is made when it is sent, so that few exist at a time."""

    destination: Destination
    url: str
    items: tuple[Item, ...]
    context: Context
    is_short: bool = False

    def body(self) -> bytes:
        """Raises TooLarge and CannotRender."""
        try:
            return self.destination.encode(self.context, self.items, self.is_short)
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
