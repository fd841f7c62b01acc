"""The vocabulary of the table of event types: what a row consists of, and how to read a fact from an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from deep_security_datadog.values import integer

from . import malware
from .severity import Severity, SeverityRule

# The properties of an event as text; a property that holds nothing is absent. See `Event.texts`.
Texts = Mapping[str, str]
Value = Callable[[Texts], str]

# Of a word to compare, and of a URL, in characters: an attacker may have sent 256 KB.
_LONGEST_WORD = 200
_LONGEST_URL = 2000


class Fact(NamedTuple):
    """A line of an event's text: a label, and a value made of one or more properties.

    properties: all that the value shows, so that they are not listed again under "Other properties". The value has to
    contain or decode each of them.
    value: None shows the one property as it is. Empty text leaves the line out.
    block: whether a long value is shown as a block with its line breaks.
    """

    label: str
    properties: tuple[str, ...]
    value: Value | None
    block: bool = False


class EventType(NamedTuple):
    """A row of the table.

    subject: what happened, for the title. detail: what the title adds in parentheses; empty = the action.
    tags: those of the type, besides the ones that all types have. identity: which of them tell an event from others of
    its type. See `Event.identity`.
    attributes: Datadog's standard log attributes, each with the property that fills it.
    ranked: False where events of the type are known to have no rank.
    """

    name: str
    module: str
    subject: Value
    severity: SeverityRule
    facts: tuple[Fact, ...] = ()
    tags: Mapping[str, Value] = MappingProxyType({})
    identity: tuple[str, ...] = ()
    action: Value = lambda _: ""
    detect_only: Callable[[Texts], bool | None] = lambda _: None
    detail: Value = lambda _: ""
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


def first_of(*names: str) -> Value:
    """The first of the named properties that holds something. The row's facts have to show the others."""
    return lambda texts: first(texts, names)


def one(label: str, name: str, *, block: bool = False) -> Fact:
    """A property as it is."""
    return Fact(label, (name,), None, block)


def unless_in(other: str, label: str, name: str, *, block: bool = False) -> Fact:
    """A property, unless the text of another contains it."""

    def value(texts: Texts) -> str:
        text = texts.get(name, "")
        return "" if text in texts.get(other, "") else text

    return Fact(label, (name,), value, block)


def enum(label: str, name: str, words: Mapping[int, str], word_property: str = "") -> Fact:
    """A numbered property as a word, and the property that spells it out if that says something else."""
    decided = word(name, words)

    def value(texts: Texts) -> str:
        return with_original_word(decided(texts), texts.get(word_property, ""))

    return Fact(label, (name, word_property) if word_property else (name,), value)


def word(name: str, words: Mapping[int, str], word_property: str = "") -> Value:
    """The word for a numbered property, which may be in any language where the event spells it out.

    So the number decides; one that the table lacks leaves it to `word_property`, else it is the value.
    """

    def value(texts: Texts) -> str:
        text = texts.get(name, "")
        code = integer(text) if text else None
        if code is not None and code in words:
            return words[code]
        return texts.get(word_property) or text

    return value


def with_original_word(decided: str, spelled_out: str) -> str:
    """`Deny (Verweigern)`: the decided word, and what the event says if that differs by more than case and blanks."""
    if not decided or not spelled_out:
        return decided or spelled_out
    return decided if _letters(decided) == _letters(spelled_out) else f"{decided} ({spelled_out})"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text[:_LONGEST_WORD])).casefold()


def endpoint(label: str, address: str, port: str, hardware: str = "") -> Fact:
    """Address and port, an IPv6 address in brackets, then the hardware address."""

    def value(texts: Texts) -> str:
        ip, at, mac = texts.get(address, ""), texts.get(port, ""), texts.get(hardware, "")
        place = ip
        if at:
            place = f"port {at}" if not ip else f"[{ip}]:{at}" if ":" in ip else f"{ip}:{at}"
        return f"{place} ({mac})" if place and mac else place or mac

    return Fact(label, tuple(filter(None, (address, port, hardware))), value)


def repeat_count() -> Fact:
    """How often it happened, and the last time."""

    def value(texts: Texts) -> str:
        count, until = texts.get("RepeatCount", ""), texts.get("EndLogDate", "")
        return ", ".join(filter(None, (count, until and f"last at {until}")))

    return Fact("Repeat count", ("RepeatCount", "EndLogDate"), value)


def joined(label: str, template: str, *names: str) -> Fact:
    """Several properties in a template; if one is missing, the others separated by blanks."""

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
    """Yes or no; any other value as it is."""

    def value(texts: Texts) -> str:
        decided = decide(texts)
        return first(texts, names) if decided is None else "yes" if decided else "no"

    return Fact(label, names, value)


def network_detect_only(texts: Texts) -> bool | None:
    """Whether a packet passed although a rule matched, None if unknown."""
    action = integer(texts.get("Action"))
    if action is None:
        spelled_out = first(texts, ("ActionString", "Action")).lower()
        return spelled_out.startswith("detect only") if spelled_out else None
    return action > 0x80


def scan_steps() -> Fact:
    """The actions of a malware scan with their results."""

    def value(texts: Texts) -> str:
        return ", then ".join(filter(None, (_scan_step(texts, step) for step in (1, 2))))

    return Fact("Actions", ("ScanAction1", "ScanResultAction1", "ScanAction2", "ScanResultAction2"), value)


def _scan_step(texts: Texts, step: int) -> str:
    action = word(f"ScanAction{step}", {0: ""} | malware.ACTIONS)(texts)
    result = texts.get(f"ScanResultAction{step}", "")
    code = integer(result)
    outcome = "done" if code == 0 else f"failed ({result})" if code is not None and code < 0 else result
    if action:
        return f"{action}: {outcome}" if outcome else action
    # The result of no action is 0.
    return "" if code == 0 else outcome


def url_host(texts: Texts) -> str:
    """The host of `URL`, with its port, in lower case. Text that is no URL counts up to its first slash."""
    url = texts.get("URL", "")[:_LONGEST_URL]
    authority = re.split(r"[/\\?#]", url.partition("://")[2] or url, maxsplit=1)[0]
    return authority.rpartition("@")[2].lower().rstrip(".") or url


def full_path(texts: Texts) -> str:
    """`Path` and `FileName` in one, with the separator of the path."""
    path, name = texts.get("Path", ""), texts.get("FileName", "")
    if not path or not name or path.endswith(("/", "\\")):
        return path + name
    separator = "\\" if "\\" in path else "/"
    return f"{path}{separator}{name}"
