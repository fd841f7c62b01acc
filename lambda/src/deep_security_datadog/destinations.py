"""The two intakes of Datadog: how events become requests to each.

`events` takes one event a request; `logs` takes batches, see https://docs.datadoghq.com/api/latest/logs/ and reference
datadog-apis, sections 1 and 3.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from . import render
from .deliver import Parcel
from .event import Event
from .values import encode

# Limits of the logs intake (reference: datadog-apis, section 3.2), in entries and in bytes before compression.
MOST_LOGS = 1000
LARGEST_BATCH = 5_000_000
LARGEST_LOG = 1_000_000

# The text of an event that Datadog found too large, in characters.
_SHORT_TEXT = 1000
# Level 1 takes a fifth of the time of the default and gives nearly as small a body for text like this.
_COMPRESSION = 1


class Item(NamedTuple):
    """An event on its way, and where it stood: number of its record and of its entry in that record.

    folded: numbers of the other entries of that record that this event stands for.
    """

    record: int
    entry: int
    event: Event
    context: render.Context
    folded: tuple[int, ...] = ()


class Dispatch(NamedTuple):
    """A request and the items that it carries."""

    destination: str
    items: tuple[Item, ...]
    parcel: Parcel


Pack = Callable[[str, Sequence[Item]], Iterator[Dispatch]]


def events(base_url: str, items: Sequence[Item]) -> Iterator[Dispatch]:
    """One request an event; the shorter form is for a 413."""
    for item in items:
        body = partial(_event_body, item)
        parcel = Parcel(
            url=f"{base_url}/api/v1/events", body=partial(body, render.LONGEST_TEXT), smaller=partial(body, _SHORT_TEXT)
        )
        yield Dispatch("events", (item,), parcel)


def logs(base_url: str, items: Sequence[Item]) -> Iterator[Dispatch]:
    """As many events a request as the intake takes."""
    for batch in _batches((item, _log_body(item)) for item in items):
        yield _log_dispatch(base_url, batch)


PACK: Mapping[str, Pack] = {"events": events, "logs": logs}


def halves(base_url: str, dispatch: Dispatch) -> Iterator[Dispatch]:
    """A refused batch in two, so that what is wrong with one item does not cost the others."""
    middle = len(dispatch.items) // 2
    for part in (dispatch.items[:middle], dispatch.items[middle:]):
        yield from PACK[dispatch.destination](base_url, part)


def _event_body(item: Item, longest_text: int) -> bytes:
    return _json(render.datadog_event(item.event, item.context, longest_text=longest_text))


def _log_body(item: Item) -> bytes:
    body = _json(render.datadog_log(item.event, item.context))
    # Datadog would cut a larger one anywhere and still answer 202.
    return body if len(body) <= LARGEST_LOG else _json(render.datadog_log(item.event, item.context, short=True))


def _batches(logs: Iterable[tuple[Item, bytes]]) -> Iterator[list[tuple[Item, bytes]]]:
    batch: list[tuple[Item, bytes]] = []
    size = 0
    for item, body in logs:
        if batch and (len(batch) == MOST_LOGS or size + len(body) + 2 > LARGEST_BATCH):
            yield batch
            batch, size = [], 0
        batch.append((item, body))
        size += len(body) + 1
    if batch:
        yield batch


def _log_dispatch(base_url: str, batch: Sequence[tuple[Item, bytes]]) -> Dispatch:
    body = b"[" + b",".join(body for _, body in batch) + b"]"
    compressed = gzip.compress(body, compresslevel=_COMPRESSION, mtime=0)
    parcel = Parcel(
        url=f"{base_url}/api/v2/logs",
        body=lambda: compressed,
        headers=(("Content-Encoding", "gzip"),),
    )
    return Dispatch("logs", tuple(item for item, _ in batch), parcel)


def _json(value: Mapping[str, Any]) -> bytes:
    # A lone surrogate is legal in JSON's escapes but in no UTF-8, and strict parsers refuse both.
    return encode(value).encode("utf-8", "replace")
