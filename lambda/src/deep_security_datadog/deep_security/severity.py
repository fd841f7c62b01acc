"""How severe an event is, from whatever its type carries.

Each type has its own scale, or none (docs/reference/deep-security-events.md#severity). Where a rule cannot decide,
the event is `info` and its text says that the severity is unknown.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple, Self

from deep_security_datadog.values import Texts, first, integer, number

from . import malware
from .alert import alert


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

    decide: Callable[[Texts], Severity | None]
    rows: tuple[tuple[str, Severity], ...]


def _rule(*rows: tuple[str, Severity]) -> Callable[[Callable[[Texts], Severity | None]], SeverityRule]:
    """Makes a rule of a function."""
    return lambda decide: SeverityRule(decide, rows)


INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity

# How the properties that spell levels out (`SeverityString` and others) name them.
_BY_WORD = {
    "info": INFO, "information": INFO, "low": LOW, "medium": MEDIUM, "warning": MEDIUM, "blocked by admin": MEDIUM,
    "high": HIGH, "error": HIGH, "critical": CRITICAL,
}  # fmt: skip
# Default ranks of a rule; firewall rules have their own (docs/reference/deep-security-events.md#ranks).
_BY_RANK = ((100, CRITICAL), (50, HIGH), (25, MEDIUM), (0, LOW))


def by_number(name: str, scale: Mapping[Any, tuple[str, Severity]], word_property: str = "") -> SeverityRule:
    """A numbered property; failing that, the word in its place or in the property that spells the level out."""
    by_word = _BY_WORD | {word.lower(): severity for word, severity in scale.values()}

    def decide(texts: Texts) -> Severity | None:
        level = scale.get(integer(texts.get(name))) or scale.get(integer(texts.get(word_property)))
        return level[1] if level else _of_words(texts, (word_property, name), by_word)

    return SeverityRule(decide, tuple((f"`{name}` {value} ({word})", level) for value, (word, level) in scale.items()))


def by_range(name: str, ranges: tuple[tuple[int, int, Severity], ...], word_property: str) -> SeverityRule:
    """As `by_number`, with ranges of numbers, both ends included."""
    scale = {value: (f"{low} to {high}", level) for low, high, level in ranges for value in range(low, high + 1)}
    rows = tuple((f"`{name}` {low} to {high}", level) for low, high, level in ranges)
    return by_number(name, scale, word_property)._replace(rows=rows)


def or_by_rank(rule: SeverityRule) -> SeverityRule:
    """The rule; where it cannot decide, the rank divided by the host's asset value."""

    def decide(texts: Texts) -> Severity | None:
        severity, rank = rule.decide(texts), number(texts.get("Rank"))
        if severity is not None or rank is None:
            return severity
        asset_value = max(number(texts.get("HostAssetValue")) or 1, 1)
        return next((severity for least, severity in _BY_RANK if rank / asset_value >= least), None)

    row = ("none of these, but `Rank` by `HostAssetValue` is 100 or more; 50 high, 25 medium", CRITICAL)
    return SeverityRule(decide, (*rule.rows, row))


def _of_words(texts: Texts, names: tuple[str, ...], by_word: Mapping[str, Severity]) -> Severity | None:
    words = [texts.get(name, "").lower() for name in names]
    return next((by_word[word] for word in words if word in by_word), None)


_SYSTEM = by_number("Severity", {1: ("Info", INFO), 2: ("Warning", MEDIUM), 3: ("Error", HIGH)}, "SeverityString")


@_rule(
    *_SYSTEM.rows,
    ("alert started or changed (`Number` 190, 191) that its `Description` calls Critical", HIGH),
    ("any other alert started or changed", MEDIUM),
)
def of_system_event(texts: Texts) -> Severity | None:
    found = alert(texts)
    if found is None or found.has_ended:
        return _SYSTEM.decide(texts)
    return HIGH if found.severity.lower() == "critical" else MEDIUM


@_rule(
    ("cleaned, deleted or quarantined: by the numbers of the scan, else by `ScanResultString`", MEDIUM),
    ("access denied or process terminated: stopped, but the file may still be there", HIGH),
    ("any other result, or none: not removed", CRITICAL),
)
def of_malware(texts: Texts) -> Severity | None:
    result = malware.result(texts)
    if result in malware.REMOVED.values():
        return MEDIUM
    return HIGH if result in malware.STOPPED else CRITICAL


# Ten times the rank of a packet denied on an ordinary host (docs/reference/deep-security-events.md#ranks).
_VALUABLE_RANK = 1000
_DENY, _LOG_ONLY, _DETECT_ONLY = 1, 6, 0x80


@_rule(
    ("`Action` 1 (Deny)", MEDIUM),
    ("`Action` 129 (Detect Only: Deny)", LOW),
    ("`Action` 6 (Log Only)", INFO),
    (f"Deny with `Rank` {_VALUABLE_RANK} or more (a valuable host); the others rise one step likewise", HIGH),
)
def of_firewall(texts: Texts) -> Severity | None:
    action, rank = integer(texts.get("Action")), number(texts.get("Rank")) or 0
    if action is None:
        word = first(texts, ("ActionString", "Action")).lower()
        detect_only = _DETECT_ONLY + 1 if word.startswith("detect only") else 0
        action = {"deny": _DENY, "log only": _LOG_ONLY}.get(word, detect_only)
    severity = LOW if action > _DETECT_ONLY else {_DENY: MEDIUM, _LOG_ONLY: INFO}.get(action)
    if severity is None:
        # A rejected packet ranks 50, a denied one 100.
        return MEDIUM if rank >= 50 else None
    return Severity(severity + 1) if rank >= _VALUABLE_RANK else severity


def application_outcome(texts: Texts) -> str:
    """`allowed` or `blocked` by the number, else by the words, `Action` among them; empty if unknown."""
    operation = integer(texts.get("Operation"))
    if operation in (1, 2):
        return "allowed" if operation == 1 else "blocked"
    words = " ".join(texts.get(name, "") for name in ("OperationDesc", "Operation", "Action")).lower()
    return "blocked" if "blocked" in words else "allowed" if "allowed" in words or "detectonly" in words else ""


@_rule(("`Operation` 2 (blocked)", MEDIUM), ("`Operation` 1 (allowed, detect only)", LOW))
def of_application(texts: Texts) -> Severity | None:
    return {"blocked": MEDIUM, "allowed": LOW}.get(application_outcome(texts))


of_test = SeverityRule(lambda _: INFO, (("always", INFO),))
# For types that are not in the table: nobody knows what their number means.
of_unknown = or_by_rank(by_number("Severity", {}, "SeverityString"))
