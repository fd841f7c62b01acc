"""The vocabulary of the table of event types: what a row consists of, and how a fact is read off an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .severity import Severity, SeverityRule
from .values import integer

# The properties of an event as text; a property that holds nothing is absent. See `Event.texts`.
Texts = Mapping[str, str]


class Fact(NamedTuple):
    """A line of an event's text: a label, and a value made of one or more properties.

    properties: all that the value shows, so that they are not listed again under "Other properties".
    value: None shows the one property as it is. Empty text leaves the line out.
    block: whether a long value is shown as a block with its line breaks.
    """

    label: str
    properties: tuple[str, ...]
    value: Callable[[Texts], str] | None
    block: bool = False


class EventType(NamedTuple):
    """A row of the table.

    subject: properties of which the first that holds something names what happened (rule, malware, title).
    detail: the same for what the title shows in parentheses; empty = the action.
    rule: the same for the tag `rule`; empty for a type without rules.
    attributes: Datadog's standard log attributes, each with the property that fills it.
    ranked: False where events of the type are known to have no rank.
    """

    name: str
    module: str
    subject: tuple[str, ...]
    severity: SeverityRule
    facts: tuple[Fact, ...] = ()
    rule: tuple[str, ...] = ()
    action: Callable[[Texts], str] = lambda _: ""
    detect_only: Callable[[Texts], bool | None] = lambda _: None
    detail: tuple[str, ...] = ()
    attributes: Mapping[str, str] = MappingProxyType({})
    ranked: bool = True

    @property
    def highest_severity(self) -> Severity:
        """The most severe in its table."""
        return max(level for _, level in self.severity.rows)

    @property
    def slug(self) -> str:
        """The module as a tag value, such as `intrusion_prevention`."""
        return self.module.lower().replace(" ", "_").replace("-", "_")

    @property
    def shown_properties(self) -> frozenset[str]:
        """The properties that its facts show."""
        return frozenset(name for fact in self.facts for name in fact.properties)


def first(texts: Texts, names: tuple[str, ...]) -> str:
    """The text of the first of the named properties that holds something, else empty."""
    for name in names:
        if text := texts.get(name):
            return text
    return ""


def one(label: str, *names: str, block: bool = False) -> Fact:
    """The first of the named properties that holds something."""
    return Fact(label, names, None if len(names) == 1 else lambda texts: first(texts, names), block)


def enum(label: str, name: str, words: Mapping[int, str], word_property: str = "") -> Fact:
    """A numbered property as a word; see `word`."""
    return Fact(label, (name, word_property) if word_property else (name,), word(name, words, word_property))


def word(name: str, words: Mapping[int, str], word_property: str = "") -> Callable[[Texts], str]:
    """The word for a numbered property: from the property that spells it out, else from the table, else the number."""

    def value(texts: Texts) -> str:
        spelled_out = texts.get(word_property) if word_property else None
        if spelled_out and spelled_out != "N/A":
            return spelled_out
        text = texts.get(name, "")
        code = integer(text) if text else None
        return text if code is None else words.get(code, text)

    return value


def endpoint(label: str, address: str, port: str, hardware: str = "") -> Fact:
    """Address and port, an IPv6 address in brackets, then the hardware address."""

    def value(texts: Texts) -> str:
        ip, at, mac = texts.get(address, ""), texts.get(port, ""), texts.get(hardware, "")
        if not ip:
            return f"port {at}" if at else mac
        place = (f"[{ip}]:{at}" if ":" in ip else f"{ip}:{at}") if at else ip
        return f"{place} ({mac})" if mac else place

    return Fact(label, tuple(filter(None, (address, port, hardware))), value)


def repeat_count() -> Fact:
    """How often it happened, and the last time."""

    def value(texts: Texts) -> str:
        count, until = texts.get("RepeatCount", ""), texts.get("EndLogDate", "")
        return f"{count}, last at {until}" if count and until else count

    return Fact("Repeat count", ("RepeatCount", "EndLogDate"), value)


def joined(label: str, template: str, *names: str) -> Fact:
    """Several properties by a template; those that there are, separated by blanks, when one is missing."""

    def value(texts: Texts) -> str:
        values = [texts.get(name, "") for name in names]
        return template.format(*values) if all(values) else " ".join(filter(None, values))

    return Fact(label, names, value)


def boolean(name: str) -> Callable[[Texts], bool | None]:
    """A property that is true or false, None if it is neither."""

    def value(texts: Texts) -> bool | None:
        return {"true": True, "1": True, "false": False, "0": False}.get(texts.get(name, "").lower())

    return value


def yes_no(label: str, decide: Callable[[Texts], bool | None], *names: str) -> Fact:
    """Yes or no; no line if undecided."""
    words = {True: "yes", False: "no", None: ""}
    return Fact(label, names, lambda texts: words[decide(texts)])


def network_detect_only(texts: Texts) -> bool | None:
    """Whether a packet passed although a rule matched, None if unknown."""
    action = integer(texts.get("Action"))
    if action is None:
        spelled_out = texts.get("ActionString", "").lower()
        return spelled_out.startswith("detect only") if spelled_out else None
    return action > 0x80


def scan_steps(actions: Mapping[int, str]) -> Callable[[Texts], str]:
    """The actions of a malware scan with their results. actions: words for `ScanAction1` and `ScanAction2`."""

    def value(texts: Texts) -> str:
        steps = []
        for step in (1, 2):
            action = integer(texts.get(f"ScanAction{step}"))
            result = integer(texts.get(f"ScanResultAction{step}"))
            if action:
                outcome = "" if result is None else ": done" if result == 0 else f": failed ({result})"
                steps.append(f"{actions.get(action, str(action))}{outcome}")
        return ", then ".join(steps)

    return value


def full_path(texts: Texts) -> str:
    """`Path` and `FileName` in one, with the separator of the path."""
    path, name = texts.get("Path", ""), texts.get("FileName", "")
    if not path or not name or path.endswith(("/", "\\")):
        return path + name
    separator = "\\" if "\\" in path else "/"
    return f"{path}{separator}{name}"
