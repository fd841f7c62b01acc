"""Keep or drop an event, with the reason. The options are those of `filter` in the variable `destinations`."""

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import translate
from typing import Any, NamedTuple, Self, TypeAlias

from .deep_security.event import Event
from .deep_security.event_types import EVENT_TYPES
from .deep_security.severity import Severity
from .values import as_text

# The test notification passes every filter, so none can name it.
FILTERABLE_TYPES = {name: row for name, row in EVENT_TYPES.items() if name != "TestSNS"}
# A property, and a case-sensitive glob (`*`, `?`, `[...]`) for its text. A dot leads into an object.
Pattern: TypeAlias = tuple[str, re.Pattern[str]]


class Filter(NamedTuple):
    """What to keep. The defaults keep every event.

    event_types: names, none = all, future ones included. rank_greater_than: events must rank strictly higher.
    unranked_events: `keep` or `drop`, for events without a rank when `rank_greater_than` is set.
    minimum_severity: the lowest to keep. exclude: groups of patterns; who matches all of a group is dropped.
    fold_repeats: whether identical events of a message are sent as one.
    """

    event_types: frozenset[str] | None = None
    rank_greater_than: float | None = None
    unranked_events: str = "keep"
    minimum_severity: Severity = Severity.INFO
    exclude: tuple[tuple[Pattern, ...], ...] = ()
    fold_repeats: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The filter with these options, where null is the default. Raises ValueError, with the option's name."""
        if not isinstance(options, Mapping):
            raise ValueError("expected a JSON object")
        chosen: dict[str, Any] = {}
        for name, value in options.items():
            if (option := OPTIONS.get(name)) is None:
                raise ValueError(f"unknown option {name!r}, expected {', '.join(OPTIONS)}")
            if value is None:
                continue
            # An integer is a number, a boolean is none.
            if (float if type(value) is int else type(value)) is not option.kind:
                raise ValueError(f"{name}: expected {option.kind.__name__}, not {type(value).__name__}")
            try:
                chosen[name] = option.parse(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return cls(**chosen)

    def reason_to_drop(self, event: Event) -> str | None:
        """The name of the option that drops the event, None to keep it."""
        if event.is_test:
            return None
        return next((name for name, option in OPTIONS.items() if option.drops(self, event)), None)


class Option(NamedTuple):
    """An option: its type in JSON, what the filter makes of it, and whether the filter drops an event for it."""

    kind: type[list[Any] | bool | float | str]
    parse: Callable[[Any], object]
    drops: Callable[[Filter, Event], bool] = lambda *_: False


def _names_of_types(names: list[object]) -> frozenset[object]:
    if unknown := [name for name in names if name not in FILTERABLE_TYPES]:
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(sorted(FILTERABLE_TYPES))}; newer ones pass with null")
    return frozenset(names)


def _patterns(groups: list[Any]) -> tuple[tuple[Pattern, ...], ...]:
    # An empty map has nothing that an event does not match.
    if not all(isinstance(globs, Mapping) and globs for globs in groups):
        raise ValueError("expected maps of property to glob, none of them empty")
    if wrong := [name for globs in groups for name, glob in globs.items() if not isinstance(glob, str)]:
        raise ValueError(f"there is no glob for {wrong[0]}")
    return tuple(tuple((name, re.compile(translate(glob))) for name, glob in globs.items()) for globs in groups)


def _ranks_too_low(chosen: Filter, event: Event) -> bool:
    if chosen.rank_greater_than is None:
        return False
    return chosen.unranked_events == "drop" if event.rank is None else event.rank <= chosen.rank_greater_than


# By name. The first one that drops an event is the reason.
OPTIONS: Mapping[str, Option] = {
    "event_types": Option(
        list,
        _names_of_types,
        lambda chosen, event: event.event_type.name not in (chosen.event_types or {event.event_type.name}),
    ),
    "rank_greater_than": Option(float, float, _ranks_too_low),
    "unranked_events": Option(str, str),
    "minimum_severity": Option(str, Severity.from_name, lambda chosen, event: event.severity < chosen.minimum_severity),
    "exclude": Option(
        list,
        _patterns,
        lambda chosen, event: any(all(_matches(event, *pattern) for pattern in group) for group in chosen.exclude),
    ),
    "fold_repeats": Option(bool, bool),
}


def _matches(event: Event, name: str, glob: re.Pattern[str]) -> bool:
    """Whether the event has the property and its text, in which 3.0 is 3, matches the glob."""
    values = (int(v) if isinstance(v, float) and v.is_integer() else v for v in _found(event.properties, name))
    return any(glob.match(as_text(value)) for value in values)


def _found(properties: Mapping[str, Any], name: str) -> Iterator[object]:
    """The values of the property. A dot may be part of a name, as in instance tags, or lead into an object."""
    if name in properties:
        yield properties[name]
    for dot in re.finditer(r"\.", name):
        inner = properties.get(name[: dot.start()])
        if isinstance(inner, Mapping):
            yield from _found(inner, name[dot.end() :])
