"""The vocabulary of the table of event types: what a row consists of, and how to read a fact from an event."""

import hashlib
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from deep_security_datadog.values import Texts, address, first, integer, plain_text, time_of

from .severity import SeverityRule

Value: TypeAlias = Callable[[Texts], str]
Decision: TypeAlias = Callable[[Texts], bool | None]
# By number.
Words: TypeAlias = Mapping[Any, str]
# Of a word to compare, and of a URL, in characters: an attacker may have sent 256 KB.
_LONGEST_WORD = 200
_LONGEST_URL = 2000
_ENCODED = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
# As browsers read it: of the first ones, one slash is enough and three are not too many.
_SCHEME = re.compile(r"(?:(https?|wss?|ftp):[/\\]+|(?:\w[\w+.-]*:)?[/\\]{2})", re.IGNORECASE)
_CREDENTIALS = re.compile(rf"({_SCHEME.pattern})?[^/\\?#]*@", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "ws": "80", "https": "443", "wss": "443", "ftp": "21"}

# What sits below a host: tags, each with the properties that may say it.
BELOW_HOST: Mapping[str, tuple[str, ...]] = {
    "container_name": ("ContainerName",),
    "container_id": ("ContainerID",),
    "image_name": ("ContainerImageName", "ImageName"),
    "pod_id": ("PodID",),
}


class Fact(NamedTuple):
    """A line of an event's text: a label, and a value made of one or more properties.

    properties: all that the value shows, so that they are not listed again under "Other properties". The value has to
    contain or decode each of them.
    value: empty text leaves the line out. block: whether a long value is shown as a block with its line breaks.
    """

    label: str
    properties: tuple[str, ...]
    value: Value
    block: bool = False


class EventType(NamedTuple):
    """A row of the table.

    subject: what happened, for the title. detail: what the title adds in parentheses; empty = the action.
    tags: those of the type, besides the ones that all types have. identity: which of them, and which other values, tell
    an event from others of its type. See `Event.identity`.
    """

    name: str
    module: str
    subject: Value
    severity: SeverityRule
    facts: tuple[Fact, ...] = ()
    tags: Mapping[str, Value] = MappingProxyType({})
    identity: tuple[str | Value, ...] = ()
    action: Value = lambda _: ""
    detect_only: Decision = lambda _: None
    detail: Value = lambda _: ""

    @property
    def shown_properties(self) -> frozenset[str]:
        """The properties that its facts show."""
        return frozenset(name for fact in self.facts for name in fact.properties)


def first_of(*names: str) -> Value:
    """The first of the named properties that holds something. The row's facts have to show the others."""
    return lambda texts: first(texts, names)


def named(*names: str) -> Value:
    """As `first_of`, but a number names nothing: it is a code without a word."""
    return lambda texts: next((text for name in names if (text := texts.get(name)) and integer(text) is None), "")


def hashed(name: str) -> Value:
    """Tells values from one another without showing them: they may hold a password."""
    return lambda texts: hashlib.sha256(texts[name].encode("utf-8", "replace")).hexdigest() if name in texts else ""


def one(label: str, name: str, shown: Callable[[str], str] = str, *, block: bool = False) -> Fact:
    """A property as it is, or as `shown` makes it."""
    return Fact(label, (name,), lambda texts: shown(texts.get(name, "")), block)


def each(names: Mapping[str, str]) -> tuple[Fact, ...]:
    """A fact for each label and its property, which is shown as it is."""
    return tuple(one(label, name) for label, name in names.items())


def unless_in(label: str, name: str, other: str, *, block: bool = False) -> Fact:
    """A property, unless another is the same, or holds it in a longer text."""

    def value(texts: Texts) -> str:
        text, said = texts.get(name, ""), texts.get(other, "")
        return "" if text == said or (block and text in said) else text

    return Fact(label, (name,), value, block)


def enum(label: str, name: str, words: Words, word_property: str = "") -> Fact:
    """A numbered property as a word, and the property that spells it out if that says something else."""

    def value(texts: Texts) -> str:
        text = texts.get(name, "")
        return with_original_word(words.get(integer(text), text), texts.get(word_property, ""))

    return Fact(label, (name, word_property) if word_property else (name,), value)


def word(name: str, words: Words, word_property: str = "") -> Value:
    """The word for a numbered property, which may be in any language where the event spells it out.

    So the number decides; one that the table lacks leaves it to `word_property`. A number is no word: `enum` shows it.
    """

    def value(texts: Texts) -> str:
        text = texts.get(name, "")
        spelled_out = texts.get(word_property) or text
        if (found := words.get(integer(text), words.get(integer(spelled_out)))) is not None:
            return found
        return spelled_out if integer(spelled_out) is None else ""

    return value


def with_original_word(decided: str, spelled_out: str) -> str:
    """`Deny (Verweigern)`: the decided word, and what the event says if that differs by more than case and blanks."""
    if not decided or not spelled_out:
        return decided or spelled_out
    letters = ["".join(filter(str.isalnum, text[:_LONGEST_WORD])).casefold() for text in (decided, spelled_out)]
    return decided if letters[0] == letters[1] else f"{decided} ({spelled_out})"


def endpoint(label: str, address: str, port: str, hardware: str = "") -> Fact:
    """Address and port, an IPv6 address in brackets, then the hardware address."""

    def value(texts: Texts) -> str:
        place, mac = with_port(texts.get(address, ""), texts.get(port, "")), texts.get(hardware, "")
        return f"{place} ({mac})" if place and mac else place or mac

    return Fact(label, (address, port, hardware) if hardware else (address, port), value)


def with_port(host: str, port: str) -> str:
    """`host:port`, an IPv6 address in brackets."""
    if port in ("", "0"):
        return host
    return f"port {port}" if not host else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def packet_data(text: str) -> str:
    """Part of a packet, decoded where it is plainly text: in hexadecimal, or in base64 as in syslog."""
    digits = "".join(text.split())
    whole = digits.rstrip("=") if _ENCODED.fullmatch(digits) else ""
    for decode in (bytes.fromhex, lambda digits: b64decode(digits + "=" * (-len(digits) % 4))):
        try:
            if found := plain_text(decode(whole)):
                return f"decoded: {found}"
        except ValueError:
            continue
    return text


def bits(text: str, words: Words) -> str:
    """A sum of bits as words, and as the number that it is."""
    total = max(0, integer(text) or 0)
    found = ", ".join([word for bit, word in words.items() if total & bit])
    return f"{found} ({text})" if found else text


def moment(text: str) -> str:
    """A time as it is written; one that is written as a number as a time."""
    time = time_of(text) if integer(text) is not None else None
    return f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else text


def repeat_count(texts: Texts) -> str:
    """How often it happened, and the last time."""
    until = moment(texts.get("EndLogDate", ""))
    return ", ".join(filter(None, (texts.get("RepeatCount"), until and f"last at {until}")))


def joined(label: str, template: str, *names: str) -> Fact:
    """Several properties in a template; if one is missing or repeats another, what is left separated by blanks."""
    return Fact(label, names, all_of(template, *names))


def all_of(template: str, *names: str) -> Value:
    """The value of `joined`."""

    def value(texts: Texts) -> str:
        values = list(dict.fromkeys(filter(None, map(texts.get, names))))
        return template.format(*values) if len(values) == len(names) else " ".join(values)

    return value


def boolean(name: str) -> Decision:
    """A property that is true or false, None if it is neither."""
    words = {"true": True, "1": True, "false": False, "0": False}
    return lambda texts: words.get(texts.get(name, "").lower())


def yes_no(label: str, decide: Decision, *names: str) -> Fact:
    """Yes or no; any other value as it is."""
    words: Words = {True: "yes", False: "no"}
    return Fact(label, names, lambda texts: words.get(decide(texts)) or first(texts, names))


class UrlPlace(NamedTuple):
    """Host and port of a URL in lower case; the port is empty where the URL has the usual one of its scheme.

    known_port: the usual one in this case. Host of a text that is no URL: as far as its first slash.
    """

    host: str
    port: str
    known_port: str


def url_place(texts: Texts) -> UrlPlace:
    """The place that `URL` leads to, else the address of the connection."""
    url = without_credentials(first(texts, ("URL", "TargetIP"))[:_LONGEST_URL])
    scheme = _SCHEME.match(url)
    place = re.split(r"[/\\?#]", url[scheme.end() :] if scheme else url, maxsplit=1)[0].lower()
    host, colon, port = place.rpartition(":")
    # The colons of an IPv6 address without brackets are its own.
    if not colon or (port and not port.isdecimal()) or (":" in host and not host.endswith("]")):
        host, port = place, ""
    usual = _DEFAULT_PORTS.get((scheme[1] or "").lower(), "") if scheme else ""
    port = str(int(port)) if port else usual
    host = unquote(host).strip("[]").rstrip(".").lower() or url
    return UrlPlace(address(host) or host, "" if port == usual else port, port)


def without_credentials(url: str) -> str:
    """A URL without user and password."""
    found = _CREDENTIALS.match(url)
    return (found[1] or "") + url[found.end() :] if found else url


def full_path(texts: Texts) -> str:
    """`Path` and `FileName` in one, with one separator of the path's kind between them."""
    path, name = texts.get("Path", ""), texts.get("FileName", "")
    if not path or not name:
        return path + name
    separator = "\\" if "\\" in path else "/"
    return path.rstrip("/\\") + separator + name
