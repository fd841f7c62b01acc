"""A request to send: to which endpoint, with which items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from deep_security_datadog.log import LoggableError

from .item import Item


class Endpoint(NamedTuple):
    """A URL and the headers of all requests to it, but for the API key."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()


class TooLarge(LoggableError):
    """A body is larger than the intake takes."""


class CannotRender(LoggableError):
    """A body cannot be made. The message has the name of the error."""


class Request(NamedTuple):
    """A POST request.

    encode: the body for items, cut short if the second argument is true; may raise TooLarge. Called when the request is
    sent, so that few bodies exist at a time.
    """

    destination: str
    endpoint: Endpoint
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

    @property
    def messages(self) -> frozenset[str]:
        """The messages that its events came with."""
        return frozenset(item.message for item in self.items)

    def single_out(self) -> tuple[Request, ...]:
        """A request with the first item alone, and one with the others."""
        return tuple(self._replace(items=items) for items in (self.items[:1], self.items[1:]) if items)

    def halves(self) -> tuple[Request, ...]:
        """Two requests with half of the items each; none if there is only one."""
        middle = len(self.items) // 2
        return (
            tuple(self._replace(items=items) for items in (self.items[:middle], self.items[middle:])) if middle else ()
        )

    def smaller(self) -> tuple[Request, ...]:
        """What to send instead if it is too large: its halves, or its item cut short, once."""
        return self.halves() or (() if self.is_short else (self._replace(is_short=True),))
