"""How severe an event is: each type has its own scale, or none (docs/reference/deep-security-events.md#severity)."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Self, TypeAlias

from deep_security_datadog.values import Texts, integer, number

from .verdicts import NETWORK_ACTIONS, REMOVED, STOPPED, alert, network_action, scan_result


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
        severities = {severity.label: severity for severity in cls}
        if name not in severities:
            raise ValueError(f"severity {name!r} is none of {', '.join(severities)}")
        return severities[name]


# None where it cannot decide: then the event is `info`, and its text says so.
SeverityRule: TypeAlias = Callable[[Texts], Severity | None]
INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity

# How the properties that spell levels out (`SeverityString` and others) name them.
_BY_WORD = {
    "info": INFO, "information": INFO, "low": LOW, "medium": MEDIUM, "warning": MEDIUM, "blocked by admin": MEDIUM,
    "high": HIGH, "error": HIGH, "critical": CRITICAL,
}  # fmt: skip
# Default ranks of a rule; firewall rules have their own (docs/reference/deep-security-events.md#ranks).
_BY_RANK = ((100, CRITICAL), (50, HIGH), (25, MEDIUM), (0, LOW))


def by_rank(texts: Texts) -> Severity | None:
    """The rank divided by the host's asset value."""
    rank, asset_value = number(texts.get("Rank")), max(number(texts.get("HostAssetValue")) or 1, 1)
    return None if rank is None else next((level for least, level in _BY_RANK if rank / asset_value >= least), None)


def by_number(
    name: str, scale: Mapping[Any, tuple[str, Severity]], word_property: str, otherwise: SeverityRule = lambda _: None
) -> SeverityRule:
    """A numbered property; failing that, the word in its place or in the property that spells the level out."""
    by_word = _BY_WORD | {word.lower(): severity for word, severity in scale.values() if word}

    def decide(texts: Texts) -> Severity | None:
        level = scale.get(integer(texts.get(name))) or scale.get(integer(texts.get(word_property)))
        words = [texts.get(one, "").lower() for one in (word_property, name)]
        found = level[1] if level else next((by_word[word] for word in words if word in by_word), None)
        return otherwise(texts) if found is None else found

    return decide


_SYSTEM = by_number("Severity", {1: ("Info", INFO), 2: ("Warning", MEDIUM), 3: ("Error", HIGH)}, "SeverityString")


def of_system_event(texts: Texts) -> Severity | None:
    """Of an alert that goes on its own severity: what cannot be read is not hidden as info."""
    found = alert(texts)
    if found is None or found.has_ended:
        return _SYSTEM(texts)
    return HIGH if found.severity.lower() == "critical" else MEDIUM


def of_malware(texts: Texts) -> Severity | None:
    """Whether it was removed, or stopped. Any other result, or none, is critical."""
    result = scan_result(texts)
    if result in REMOVED.values():
        return MEDIUM
    return HIGH if result in STOPPED else CRITICAL


# Ten times the rank of a packet denied on an ordinary host (docs/reference/deep-security-events.md#ranks).
_VALUABLE_RANK = 1000


def of_firewall(texts: Texts) -> Severity | None:
    """By the action, else by the rank; one step higher on a valuable host."""
    action, rank = NETWORK_ACTIONS[network_action(texts)], number(texts.get("Rank")) or 0
    severity = LOW if action.startswith("Detect Only") else {"Deny": MEDIUM, "Log Only": INFO}.get(action)
    if severity is None:
        # A rejected packet ranks 50, a denied one 100.
        return MEDIUM if rank >= 50 else None
    return Severity(severity + 1) if rank >= _VALUABLE_RANK else severity


# For types that are not in the table: nobody knows what their number means.
of_unknown = by_number("Severity", {}, "SeverityString", by_rank)
