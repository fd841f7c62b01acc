"""Folds repeats: events of one message that say the same become one item with their number and times."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import NamedTuple

from .envelope import Entry, Notification, Record
from .event import Event


class Repeats(NamedTuple):
    """The number of events, and the earliest and latest time (None if no event has one)."""

    total: int
    first: datetime | None = None
    last: datetime | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> Repeats:
        """The order of the events does not matter."""
        times = [event.time for event in events]
        known = [time for time in times if time is not None]
        return cls(len(times), min(known, default=None), max(known, default=None))


class Item(NamedTuple):
    """An event to send, and the entries that it stands for: its own, and those of folded repeats.

    repeats: None for an event that stands for itself only. record: the one that the entries belong to.
    """

    event: Event
    entries: tuple[Entry, ...]
    repeats: Repeats | None = None
    record: Record | None = None

    @property
    def notification(self) -> Notification:
        """The notification that the event came with."""
        return self.entries[0].notification


def fold_key(event: Event) -> Hashable | None:
    """Equal for events of which one can stand for all; None for an event that is never folded.

    The identity and everything that the title shows, so that no event hides behind a less severe one, or behind one
    with another outcome.
    """
    texts, event_type = event.texts(), event.event_type
    identity = event.identity(texts)
    if identity is None:
        return None
    shown = (event.severity, event.host.display, event_type.subject(texts), event_type.detail(texts))
    return (*identity, *shown, event_type.action(texts))


def fold(items: Iterable[Item]) -> list[Item]:
    """One item for all that are identical and came with the same notification, in the order of the first of each."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        key = fold_key(item.event)
        groups.setdefault(object() if key is None else (item.notification, key), []).append(item)
    return [_folded(members) for members in groups.values()]


def _folded(members: list[Item]) -> Item:
    if len(members) == 1:
        return members[0]
    entries = tuple(entry for member in members for entry in member.entries)
    repeats = Repeats.of(member.event for member in members)
    return members[0]._replace(entries=entries, repeats=repeats)
