"""How severe an event is, from whatever its type carries.

Each type has its own scale, or none (docs/reference/deep-security-events.md#severity). Where a rule cannot decide,
the event is `info` and its text says that the severity is unknown.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple, Self

from deep_security_datadog.values import as_text, integer, number, text_of

from . import malware
from .alert import alert

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
    def from_name(cls, name: object) -> Self:
        """Raises ValueError for anything but one of the five names."""
        for severity in cls:
            if severity.label == name:
                return severity
        raise ValueError(f"severity {name!r} is none of {', '.join(severity.label for severity in cls)}")


class SeverityRule(NamedTuple):
    """A function that decides, and its rows for the documentation: (what the event says, severity)."""

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
    "blocked by admin": MEDIUM,
    "error": HIGH,
    "high": HIGH,
    "critical": CRITICAL,
}

# Default ranks of a rule's severity; firewall rules have their own
# (docs/reference/deep-security-events.md#ranks).
_BY_RANK = ((100, CRITICAL), (50, HIGH), (25, MEDIUM), (0, LOW))


def by_number(name: str, scale: Mapping[int, tuple[str, Severity]], word_property: str = "") -> SeverityRule:
    """A numbered property; failing that, the word in its place or in the property that spells the level out."""
    by_word = _BY_WORD | {word.lower(): severity for word, severity in scale.values()}

    def decide(properties: Properties) -> Severity | None:
        value = integer(properties.get(name))
        if value is not None and value in scale:
            return scale[value][1]
        return _of_words(properties, (word_property, name), by_word)

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
        return _of_words(properties, (word_property, name), _BY_WORD)

    return SeverityRule(decide, tuple((f"`{name}` {low} to {high}", severity) for low, high, severity in ranges))


def or_by_rank(rule: SeverityRule) -> SeverityRule:
    """The rule; where it cannot decide, the rank divided by the host's asset value."""

    def decide(properties: Properties) -> Severity | None:
        severity = rule.decide(properties)
        rank = number(properties.get("Rank"))
        if severity is not None or rank is None:
            return severity
        asset_value = number(properties.get("HostAssetValue")) or 1
        return next((severity for least, severity in _BY_RANK if rank / max(asset_value, 1) >= least), None)

    return SeverityRule(
        decide,
        (*rule.rows, ("none of these, but `Rank` by `HostAssetValue` is 100 or more; 50 high, 25 medium", CRITICAL)),
    )


def _of_words(properties: Properties, names: tuple[str, ...], by_word: Mapping[str, Severity]) -> Severity | None:
    words = [text_of(properties, name).lower() for name in names]
    return next((by_word[word] for word in words if word in by_word), None)


_ALERT_SEVERITIES = {"critical": HIGH, "warning": MEDIUM}
_SYSTEM = by_number("Severity", {1: ("Info", INFO), 2: ("Warning", MEDIUM), 3: ("Error", HIGH)}, "SeverityString")


def _of_system_event(properties: Properties) -> Severity | None:
    found = alert(properties)
    if found is None or found.has_ended:
        return _SYSTEM.decide(properties)
    return _ALERT_SEVERITIES.get(found.severity.lower(), MEDIUM)


SYSTEM = SeverityRule(
    _of_system_event,
    (
        *_SYSTEM.rows,
        ("alert started or changed (`Number` 190, 191) that its `Description` calls Critical", HIGH),
        ("any other alert started or changed", MEDIUM),
    ),
)


def _of_malware(properties: Properties) -> Severity | None:
    result = malware.result(properties)
    if result in malware.REMOVED.values():
        return MEDIUM
    return HIGH if result in malware.STOPPED else CRITICAL


MALWARE = SeverityRule(
    _of_malware,
    (
        (
            "cleaned, deleted or quarantined: by the numbers of the scan, else by `ScanResultString`",
            MEDIUM,
        ),
        ("access denied or process terminated: stopped, but the file may still be there", HIGH),
        ("any other result, or none: not removed", CRITICAL),
    ),
)

# By default a denied packet ranks 100 times the asset value, so this host is ten times as valuable as an ordinary one
# (docs/reference/deep-security-events.md#ranks).
_VALUABLE_RANK = 1000
_DETECT_ONLY = 0x80


def _of_firewall(properties: Properties) -> Severity | None:
    action = integer(properties.get("Action"))
    if action is None:
        word = text_of(properties, "ActionString", "Action").lower()
        action = {"deny": 1, "log only": 6}.get(word, _DETECT_ONLY + 1 if word.startswith("detect only") else None)
    if action == 1:
        severity = MEDIUM
    elif action == 6:
        severity = INFO
    elif action is not None and action > _DETECT_ONLY:
        severity = LOW
    else:
        # A rejected packet ranks 50, a denied one 100.
        return MEDIUM if (number(properties.get("Rank")) or 0) >= 50 else None
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


def application_outcome(properties: Properties) -> str:
    """`allowed` or `blocked` by the number, else by the words, `Action` among them; empty if unknown."""
    operation = integer(properties.get("Operation"))
    if operation in (1, 2):
        return "allowed" if operation == 1 else "blocked"
    words = " ".join(as_text(properties.get(name)) for name in ("OperationDesc", "Operation", "Action")).lower()
    return "blocked" if "blocked" in words else "allowed" if "allowed" in words or "detectonly" in words else ""


def _of_application(properties: Properties) -> Severity | None:
    return {"blocked": MEDIUM, "allowed": LOW}.get(application_outcome(properties))


APPLICATION = SeverityRule(
    _of_application,
    (("`Operation` 2 (blocked)", MEDIUM), ("`Operation` 1 (allowed, detect only)", LOW)),
)


# For types that are not in the table: nobody knows what their number means.
UNKNOWN = or_by_rank(
    SeverityRule(
        lambda properties: _of_words(properties, ("SeverityString", "Severity"), _BY_WORD),
        (("`SeverityString`, where there is one", INFO),),
    )
)

TEST = SeverityRule(lambda _: INFO, (("always", INFO),))
