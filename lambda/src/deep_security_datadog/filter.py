"""Keep or drop an event, with the reason.

The options are those of the Terraform variable `filter`, by the same names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from .event import Event
from .severity import Severity
from .values import as_text

_Matcher = Callable[[Event], bool]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to keep. The defaults keep everything.

    event_types: names of event types, None = all.
    rank_greater_than: keep only what ranks strictly above it, None = any rank.
    keep_unranked: whether an event without a rank passes `rank_greater_than`.
    minimum_severity: the least severity to keep.
    exclude: an event is dropped when all globs of one of these mappings match its properties. Names of nested
        properties are joined by a dot. Globs are those of the shell (`*`, `?`, `[...]`) and case-sensitive.
    """

    event_types: frozenset[str] | None = None
    rank_greater_than: float | None = None
    keep_unranked: bool = True
    minimum_severity: Severity = Severity.INFO
    exclude: tuple[tuple[tuple[str, re.Pattern[str]], ...], ...] = ()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Filter:
        """Reads the options as Terraform writes them.

        Raises ValueError for an unknown option or a value that cannot be meant.
        """
        known = {"event_types", "rank_greater_than", "unranked_events", "minimum_severity", "exclude"}
        if unknown := sorted(set(options) - known):
            raise ValueError(f"unknown option {unknown[0]!r}, expected {', '.join(sorted(known))}")
        types = options.get("event_types")
        rank = options.get("rank_greater_than")
        unranked = options.get("unranked_events") or "keep"
        if unranked not in ("keep", "drop"):
            raise ValueError("unranked_events is neither keep nor drop")
        return cls(
            event_types=None if types is None else frozenset(types),
            rank_greater_than=None if rank is None else float(rank),
            keep_unranked=unranked == "keep",
            minimum_severity=Severity.from_name(options.get("minimum_severity") or "info"),
            exclude=tuple(
                tuple((name, re.compile(translate(str(glob)))) for name, glob in globs.items())
                for globs in options.get("exclude") or ()
                if globs
            ),
        )

    def reason_to_drop(self, event: Event) -> str | None:
        """None keeps the event; otherwise the name of the option that drops it."""
        if self.event_types is not None and event.type not in self.event_types and not event.is_test:
            return "event_types"
        if self._ranks_too_low(event):
            return "rank_greater_than"
        if event.severity < self.minimum_severity and not event.is_test:
            return "minimum_severity"
        if any(all(_matches(event, name, glob) for name, glob in globs) for globs in self.exclude):
            return "exclude"
        return None

    def _ranks_too_low(self, event: Event) -> bool:
        if self.rank_greater_than is None or event.is_test:
            return False
        if event.rank is None:
            return not self.keep_unranked
        return event.rank <= self.rank_greater_than


def _matches(event: Event, name: str, glob: re.Pattern[str]) -> bool:
    value: object = event.properties
    if name in event.properties:
        value = event.properties[name]
    else:
        for part in name.split("."):
            if not isinstance(value, Mapping) or part not in value:
                return False
            value = value[part]
    return glob.match(as_text(value)) is not None
