"""Noise folded: the identical events of one message become one, with how often and from when to when.

Identical are events of the same tenant, type, host, rule and action. Pure: what is folded and what becomes of the
members is the caller's business (see `forward`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from .event import Event
from .event_types import first

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """What one event stands for: how many, the earliest and the latest of their times (None = none tells its time)."""

    count: int
    first: datetime | None = None
    last: datetime | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> Repeats:
        """Counts the events; their order does not matter."""
        all_times = [event.time for event in events]
        times = [time for time in all_times if time is not None]
        return cls(count=len(all_times), first=min(times, default=None), last=max(times, default=None))


def identity(event: Event) -> Hashable | None:
    """Equal for events that tell the same; None for one that is never folded, because nothing says what it is about.

    A type without rules (web reputation, device control) has its subject in the rule's place, and a system event
    about something else than a host that thing's name. The severity is part of it, so that none hides a graver one.
    """
    texts, kind = event.texts(), event.kind
    about = first(texts, kind.rule) or first(texts, kind.subject)
    if not about:
        return None
    return (
        first(texts, ("TenantID", "TenantName")),
        event.type,
        event.host.id or texts.get("TargetName", ""),
        about,
        kind.action(texts),
        event.severity,
    )


def fold(items: Iterable[_T], key: Callable[[_T], Hashable | None]) -> list[tuple[_T, ...]]:
    """The items in groups of equal keys, each item in one group; an item without a key (None) is a group by itself.

    Groups stand in the order of their first members, members in their own order.
    """
    groups: dict[Hashable, list[_T]] = {}
    for number, item in enumerate(items):
        known = key(item)
        groups.setdefault(("alone", number) if known is None else ("alike", known), []).append(item)
    return [tuple(members) for members in groups.values()]
