"""Folds repeats: events of one message that say the same become one item with their number and times."""

from collections.abc import Hashable, Iterable, Sequence

from .datadog.request import Item, Repeats
from .deep_security.event import Event


def fold_key(event: Event) -> Hashable | None:
    """The identity, and all that the title shows, so that no outcome or host is hidden; None if never folded."""
    shown = (event.severity, event.host.display, event.host.uid, event.subject, event.detail, event.action)
    return event.identity and (*event.identity, *shown)


def fold(items: Iterable[Item]) -> list[Item]:
    """One item for all of a message that are identical, in the order of the first of each."""
    groups: dict[Hashable, list[Item]] = {}
    for item in items:
        key = fold_key(item.event)
        groups.setdefault(object() if key is None else (item.message, key), []).append(item)
    return [_folded(members) if len(members) > 1 else members[0] for members in groups.values()]


def _folded(members: Sequence[Item]) -> Item:
    parts = tuple(part for member in members for part in member.parts)
    times = [member.event.time for member in members if member.event.time]
    repeats = Repeats(len(members), min(times, default=None), max(times, default=None))
    return members[0]._replace(parts=parts, repeats=repeats)
