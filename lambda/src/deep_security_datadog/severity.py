"""How severe an event is, from whatever its type carries.

Each type has a scale of its own or none (docs/reference/deep-security-events.md#severity). Where a rule cannot decide,
the event is `info` and its text says that the severity is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple

from .values import as_text, integer, number, text_of

Properties = Mapping[str, object]


class Severity(IntEnum):
    """The common scale, in order."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """Its name in lower case, as in options and tags."""
        return self.name.lower()

    @classmethod
    def from_name(cls, name: object) -> Severity:
        """Raises ValueError for anything but one of the five names."""
        for severity in cls:
            if severity.label == name:
                return severity
        raise ValueError(f"severity {name!r} is none of {', '.join(severity.label for severity in cls)}")


class SeverityRule(NamedTuple):
    """A function that decides, and its table for the documentation: rows of (what the event says, severity)."""

    decide: Callable[[Properties], Severity | None]
    rows: tuple[tuple[str, Severity], ...]


INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity

# How the properties that spell levels out (`SeverityString` and others) name them.
_BY_WORD = {
    "info": INFO,
    "information": INFO,
    "low": LOW,
    "warning": MEDIUM,
    "medium": MEDIUM,
    "error": HIGH,
    "high": HIGH,
    "critical": CRITICAL,
}


def by_number(name: str, scale: Mapping[int, tuple[str, Severity]], word_property: str = "") -> SeverityRule:
    """A numbered property; failing that, the property that spells the level out."""
    by_word = {word.lower(): severity for word, severity in scale.values()}

    def decide(properties: Properties) -> Severity | None:
        value = integer(properties.get(name))
        if value is not None and value in scale:
            return scale[value][1]
        word = text_of(properties, word_property).lower() if word_property else ""
        return by_word.get(word, _BY_WORD.get(word))

    return SeverityRule(
        decide, tuple((f"`{name}` {value} ({word})", severity) for value, (word, severity) in scale.items())
    )


def by_range(name: str, ranges: tuple[tuple[int, int, Severity], ...], word_property: str) -> SeverityRule:
    """A property with ranges of values, both ends included; failing that, the property that spells the level out."""

    def decide(properties: Properties) -> Severity | None:
        value = number(properties.get(name))
        for low, high, severity in ranges:
            if value is not None and low <= value <= high:
                return severity
        return _BY_WORD.get(text_of(properties, word_property).lower())

    return SeverityRule(decide, tuple((f"`{name}` {low} to {high}", severity) for low, high, severity in ranges))


_REMOVED = ("Cleaned", "Deleted", "Quarantined")
_BLOCKED = "Access Denied"


def _of_malware(properties: Properties) -> Severity | None:
    result = text_of(properties, "ScanResultString").lower()
    if result in {removed.lower() for removed in _REMOVED}:
        return MEDIUM
    # Blocked, but the file is still there.
    return HIGH if result == _BLOCKED.lower() else CRITICAL


MALWARE = SeverityRule(
    _of_malware,
    (
        (f"`ScanResultString` {', '.join(_REMOVED)}", MEDIUM),
        (f"`ScanResultString` {_BLOCKED} (blocked, the file is still there)", HIGH),
        ("any other `ScanResultString`, or none: not removed", CRITICAL),
    ),
)

# By default a denied packet ranks 100 times the asset value, so this host is ten times as valuable as an ordinary one
# (docs/reference/deep-security-events.md#ranks).
_VALUABLE_RANK = 1000
_DETECT_ONLY = 0x80


def _of_firewall(properties: Properties) -> Severity | None:
    action = integer(properties.get("Action"))
    word = text_of(properties, "ActionString").lower()
    if action is None:
        action = {"deny": 1, "log only": 6}.get(word, _DETECT_ONLY + 1 if word.startswith("detect only") else None)
    if action == 1:
        severity = MEDIUM
    elif action == 6:
        severity = INFO
    elif action is not None and action > _DETECT_ONLY:
        severity = LOW
    else:
        return None
    rank = number(properties.get("Rank")) or 0
    return Severity(severity + 1) if rank >= _VALUABLE_RANK else severity


FIREWALL = SeverityRule(
    _of_firewall,
    (
        ("`Action` 1 (Deny)", MEDIUM),
        ("`Action` 129 (Detect Only: Deny)", LOW),
        ("`Action` 6 (Log Only)", INFO),
        (f"Deny with `Rank` {_VALUABLE_RANK} or more (a valuable host); the others rise one step likewise", HIGH),
    ),
)


def _of_application(properties: Properties) -> Severity | None:
    operation = integer(properties.get("Operation"))
    words = f"{text_of(properties, 'OperationDesc')} {as_text(properties.get('Action'))}".lower()
    if operation == 2 or (operation != 1 and "blocked" in words):
        return MEDIUM
    if operation == 1 or "allowed" in words or "detectonly" in words:
        return LOW
    return None


APPLICATION = SeverityRule(
    _of_application,
    (("`Operation` 2 (blocked)", MEDIUM), ("`Operation` 1 (allowed, detect only)", LOW)),
)


def _of_word(properties: Properties) -> Severity | None:
    return _BY_WORD.get(text_of(properties, "SeverityString").lower())


BY_WORD = SeverityRule(_of_word, (("`SeverityString`, where there is one", INFO),))

TEST = SeverityRule(lambda _: INFO, (("always", INFO),))
