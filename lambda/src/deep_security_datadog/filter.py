"""Keep or drop an event, with the reason.

The options are those of `filter` in the Terraform variable `destinations`. Both refuse the same mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import translate
from math import isfinite
from typing import Any, NamedTuple

from .event import Event
from .event_types import EVENT_TYPES
from .severity import Severity
from .values import as_text

# The test notification passes every filter, so none can name it.
FILTERABLE_TYPES = {name: row for name, row in EVENT_TYPES.items() if name != "TestSNS"}

_UNRANKED_EVENTS = ("keep", "drop")


class Pattern(NamedTuple):
    """A property and a case-sensitive glob (`*`, `?`, `[...]`) for its text. A dot leads into an object."""

    name: str
    expression: re.Pattern[str]

    @classmethod
    def from_option(cls, name: object, glob: object) -> Pattern:
        """Raises ValueError for an empty name or glob, or a glob as the name."""
        if not isinstance(name, str) or not name.strip():
            raise ValueError("exclude holds an empty property name")
        if "*" in name or "?" in name:
            raise ValueError(f"exclude names the property {name!r}, but only values are globs")
        if not isinstance(glob, str) or not glob:
            raise ValueError(f"exclude holds no glob for {name}")
        return cls(name=name, expression=re.compile(translate(glob)))

    def matches(self, event: Event) -> bool:
        """Whether the event has the property and its text matches the glob."""
        return any(self.expression.match(_text(value)) for value in _found(event.properties, self.name))


class Filter(NamedTuple):
    """What to keep. The defaults keep every event.

    event_types: names of event types, None = all, future ones included.
    rank_greater_than: an event must rank strictly higher, None = any rank.
    unranked_events: `keep` or `drop`, for events without a rank when `rank_greater_than` is set.
    minimum_severity: the lowest severity to keep.
    exclude: groups of patterns; an event that matches all patterns of a group is dropped.
    fold_repeats: whether identical events of a message are sent as one.
    """

    event_types: frozenset[str] | None = None
    rank_greater_than: float | None = None
    unranked_events: str = "keep"
    minimum_severity: Severity = Severity.INFO
    exclude: tuple[tuple[Pattern, ...], ...] = ()
    fold_repeats: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Filter:
        """The filter with these options, where null is the default.

        Raises ValueError, with the option's name, for an unknown option, a wrong value and a filter that drops all.
        """
        if unknown := sorted(set(options) - set(cls._fields)):
            raise ValueError(f"unknown option {unknown[0]!r}, expected {', '.join(cls._fields)}")
        chosen = cls(**{name: _PARSERS[name](value) for name, value in options.items() if value is not None})
        if not any(chosen._can_pass(name) for name in chosen.event_types or FILTERABLE_TYPES):
            raise ValueError("event_types, rank_greater_than and minimum_severity together drop everything")
        return chosen

    def reason_to_drop(self, event: Event) -> str | None:
        """The name of the option that drops the event, None to keep it."""
        if event.is_test:
            return None
        if self.event_types is not None and event.event_type.name not in self.event_types:
            return "event_types"
        if self._ranks_too_low(event):
            return "rank_greater_than"
        if event.severity < self.minimum_severity:
            return "minimum_severity"
        if any(all(pattern.matches(event) for pattern in group) for group in self.exclude):
            return "exclude"
        return None

    def _ranks_too_low(self, event: Event) -> bool:
        if self.rank_greater_than is None:
            return False
        if event.rank is None:
            return self.unranked_events == "drop"
        return event.rank <= self.rank_greater_than

    def _can_pass(self, event_type: str) -> bool:
        """Whether an event of the type could pass. `exclude` is not considered."""
        row = FILTERABLE_TYPES[event_type]
        if self.rank_greater_than is not None and self.unranked_events == "drop" and not row.ranked:
            return False
        return row.highest_severity >= self.minimum_severity


def _event_types(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise ValueError("event_types is not a list of names; for all types leave it null")
    if unknown := [str(name) for name in value if name not in FILTERABLE_TYPES]:
        known = ", ".join(sorted(FILTERABLE_TYPES))
        raise ValueError(f"event_types names {unknown[0]!r}, which is none of {known}; newer ones pass with null")
    return frozenset(value)


def _rank(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or value < 0:
        raise ValueError("rank_greater_than is not a number of 0 or more")
    return float(value)


def _unranked_events(value: object) -> str:
    if value not in _UNRANKED_EVENTS:
        raise ValueError("unranked_events is neither keep nor drop")
    return str(value)


def _minimum_severity(value: object) -> Severity:
    try:
        return Severity.from_name(value)
    except ValueError as error:
        raise ValueError(f"minimum_severity: {error}") from None


def _exclude(value: object) -> tuple[tuple[Pattern, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(globs, Mapping) and globs for globs in value):
        raise ValueError("exclude is not a list of maps of property to glob, none of them empty")
    return tuple(tuple(Pattern.from_option(name, glob) for name, glob in globs.items()) for globs in value)


def _fold_repeats(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("fold_repeats is neither true nor false")
    return value


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "event_types": _event_types,
    "rank_greater_than": _rank,
    "unranked_events": _unranked_events,
    "minimum_severity": _minimum_severity,
    "exclude": _exclude,
    "fold_repeats": _fold_repeats,
}


def _found(properties: Mapping[str, Any], name: str) -> Iterator[object]:
    """The values of the property. A dot may be part of a name, as in instance tags, or lead into an object."""
    if name in properties:
        yield properties[name]
    for head, rest in _splits(name):
        inner = properties.get(head)
        if isinstance(inner, Mapping):
            yield from _found(inner, rest)


def _splits(name: str) -> Iterable[tuple[str, str]]:
    parts = name.split(".")
    return ((".".join(parts[:place]), ".".join(parts[place:])) for place in range(1, len(parts)))


def _text(value: object) -> str:
    """As text; 3.0 is 3."""
    return as_text(int(value) if isinstance(value, float) and value.is_integer() else value)
