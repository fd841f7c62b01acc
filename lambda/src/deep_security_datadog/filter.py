"""Keep or drop an event, with the reason.

The options are those of `filter` in the Terraform variable `destinations`. Both refuse the same mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import translate
from math import isfinite
from typing import Any, NamedTuple

from .deep_security.event import Event
from .deep_security.event_types import EVENT_TYPES
from .deep_security.severity import Severity
from .values import as_text

# The test notification passes every filter, so none can name it.
FILTERABLE_TYPES = {name: row for name, row in EVENT_TYPES.items() if name != "TestSNS"}


class Pattern(NamedTuple):
    """A property and a case-sensitive glob (`*`, `?`, `[...]`) for its text. A dot leads into an object."""

    name: str
    expression: re.Pattern[str]

    @classmethod
    def from_option(cls, name: object, glob: object) -> Pattern:
        """Raises ValueError for an empty name or glob, or a glob as the name."""
        if not isinstance(name, str) or not name.strip() or "*" in name or "?" in name:
            raise ValueError(f"{name!r} is no name of a property; only values are globs")
        if not isinstance(glob, str) or not glob:
            raise ValueError(f"there is no glob for {name}")
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
        chosen = cls(**dict(_read_options(options)))
        if not any(chosen._can_pass(name) for name in chosen.event_types or FILTERABLE_TYPES):
            raise ValueError("event_types, rank_greater_than and minimum_severity together drop everything")
        return chosen

    def reason_to_drop(self, event: Event) -> str | None:
        """The name of the option that drops the event, None to keep it."""
        if event.is_test:
            return None
        return next((name for name, option in OPTIONS.items() if option.drops(self, event)), None)

    def _can_pass(self, event_type: str) -> bool:
        """Whether an event of the type could pass. `exclude` is not considered."""
        row = FILTERABLE_TYPES[event_type]
        ranks = row.ranked or self.rank_greater_than is None or self.unranked_events == "keep"
        return ranks and row.highest_severity >= self.minimum_severity


class Option(NamedTuple):
    """An option: how its value is read, which may raise ValueError, and whether the filter drops an event for it."""

    read: Callable[[Any], object]
    drops: Callable[[Filter, Event], bool] = lambda *_: False


def _read_options(options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if not isinstance(options, Mapping):
        raise ValueError("expected a JSON object")
    for name, value in options.items():
        if name not in OPTIONS:
            raise ValueError(f"unknown option {name!r}, expected {', '.join(OPTIONS)}")
        if value is not None:
            try:
                yield name, OPTIONS[name].read(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None


def _names_of_types(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise ValueError("expected a list of names; for all types leave it null")
    if unknown := [str(name) for name in value if name not in FILTERABLE_TYPES]:
        known = ", ".join(sorted(FILTERABLE_TYPES))
        raise ValueError(f"{unknown[0]!r} is none of {known}; newer ones pass with null")
    return frozenset(value)


def _rank(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or value < 0:
        raise ValueError("expected a number of 0 or more")
    return float(value)


def _patterns(value: object) -> tuple[tuple[Pattern, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(globs, Mapping) and globs for globs in value):
        raise ValueError("expected a list of maps of property to glob, none of them empty")
    return tuple(tuple(Pattern.from_option(name, glob) for name, glob in globs.items()) for globs in value)


def _one_of(*choices: object) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value not in choices or type(value) is not type(choices[0]):
            raise ValueError(f"expected {' or '.join(map(str, choices))}")
        return value

    return read


def _ranks_too_low(chosen: Filter, event: Event) -> bool:
    if chosen.rank_greater_than is None or event.rank is None:
        return chosen.rank_greater_than is not None and chosen.unranked_events == "drop"
    return event.rank <= chosen.rank_greater_than


# By name. The first one that drops an event is the reason.
OPTIONS: Mapping[str, Option] = {
    "event_types": Option(
        _names_of_types,
        lambda chosen, event: event.event_type.name not in (chosen.event_types or {event.event_type.name}),
    ),
    "rank_greater_than": Option(_rank, _ranks_too_low),
    "unranked_events": Option(_one_of("keep", "drop")),
    "minimum_severity": Option(Severity.from_name, lambda chosen, event: event.severity < chosen.minimum_severity),
    "exclude": Option(
        _patterns,
        lambda chosen, event: any(all(pattern.matches(event) for pattern in group) for group in chosen.exclude),
    ),
    "fold_repeats": Option(_one_of(True, False)),
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
