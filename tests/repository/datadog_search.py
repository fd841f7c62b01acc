"""Datadog's search syntax, as far as the dashboard, the monitors and the detection rules use it; the rest is refused.

https://docs.datadoghq.com/logs/explorer/search_syntax/
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple, Self

# Of the characters that Datadog wants escaped, a value has none; blanks and colons too are escaped or `?`.
_VALUE = r"(?:\\.|[\w*?./@%$#;'-])+"
_TOKEN = re.compile(
    r"\s*(?:(?P<operator>[()-]|(?:AND|OR|NOT)\b)|(?P<variable>\$\w+)(?=[\s)]|$)"
    rf"|(?P<key>@?(?!_exists_|_missing_)\w[\w.-]*):"
    rf"(?:\((?P<several>{_VALUE}(?: OR {_VALUE})*)\)|(?P<one>{_VALUE}))(?=[\s)]|$))"
)


# A search remembers each by its identity.
@dataclass(frozen=True, eq=False)
class Document:
    """A log or an event: when (seconds), and what can be searched, by its name in a search (`@` for attributes)."""

    time: float
    values: Mapping[str, frozenset[str]]

    @classmethod
    def of_log(cls, log: Mapping[str, Any], host_tags: tuple[str, ...] = ()) -> Self:
        """host_tags: what Datadog adds."""
        reserved = {"source": log["ddsource"], "service": log["service"], "status": log["status"]}
        values = _tags([*log["ddtags"].split(","), *host_tags], reserved, log.get("hostname"))
        for path, text in _flat(log):
            values[f"@{path}"] = values.get(f"@{path}", frozenset()) | {text}
        return cls(log["timestamp"] / 1000, values)

    @classmethod
    def of_event(cls, event: Mapping[str, Any], host_tags: tuple[str, ...] = ()) -> Self:
        """host_tags: what Datadog adds."""
        tags = [*event["tags"], *host_tags]
        return cls(event["date_happened"], _tags(tags, {"status": event["alert_type"]}, event.get("host")))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner, path)
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _tags(tags: list[str], reserved: Mapping[str, str], host: str | None) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {"tags": frozenset(tags)}
    for tag in tags:
        key, _, value = tag.partition(":")
        found[key] = found.get(key, frozenset()) | {value}
    named = {**reserved, "host": host} if host is not None else reserved
    return found | {key: frozenset([value]) for key, value in named.items()}


class Term(NamedTuple):
    """`key:value` or `key:(value OR value)`."""

    key: str
    patterns: tuple[str, ...]

    def matches(self, document: Document) -> bool:
        values = document.values.get(self.key)
        return values is not None and _matches(self.patterns, values)

    def finds(self, values: frozenset[str]) -> Iterator[str]:
        """The patterns that one of the values matches; attributes are case-sensitive, tags are in lower case."""
        return (pattern for pattern in self.patterns if _matches((pattern,), values))


# Thousands of documents have few values, and a changed rule mostly the same terms.
@cache
def _matches(patterns: tuple[str, ...], values: frozenset[str]) -> bool:
    return any(_expression(pattern).fullmatch(value) for pattern in patterns for value in values)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = ({"*": ".*", "?": "."}.get(part) or re.escape(part[-1]) for part in re.findall(r"\\.|.", pattern))
    return re.compile("".join(parts), re.DOTALL)


class Search(NamedTuple):
    terms: tuple[Term, ...]
    matches: Callable[[Document], bool]


@lru_cache(maxsize=100)
def parse(text: str) -> Search:
    """Raises ValueError for what it does not understand. A template variable, `$name`, matches everything."""
    parser = _Parser(text)
    matches = cache(parser.any_of())
    if parser.tokens:
        raise ValueError(f"{text}: too many brackets")
    return Search(tuple(parser.terms), matches)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, place = text, list[re.Match[str]](), 0
        while place < len(text.rstrip()):
            if not (token := _TOKEN.match(text, place)):
                raise ValueError(f"{text}: not understood: {text[place:]}")
            self.tokens.append(token)
            place = token.end()
        self.terms: list[Term] = []

    def _next_is(self, *operators: str) -> bool:
        return bool(self.tokens) and self.tokens[0]["operator"] in operators

    def any_of(self) -> Callable[[Document], bool]:
        parts = [self.all_of()]
        while self._next_is("OR"):
            self.tokens.pop(0)
            parts.append(self.all_of())
        return lambda document: any(part(document) for part in parts)

    def all_of(self) -> Callable[[Document], bool]:
        parts = [self.one()]
        while self.tokens and not self._next_is("OR", ")"):
            if self._next_is("AND"):
                self.tokens.pop(0)
            parts.append(self.one())
        return lambda document: all(part(document) for part in parts)

    def one(self) -> Callable[[Document], bool]:
        if not self.tokens or self._next_is("AND", "OR", ")"):
            raise ValueError(f"{self.text}: not understood: something is missing")
        token = self.tokens.pop(0)
        if token["operator"] in ("-", "NOT"):
            inner = self.one()
            return lambda document: not inner(document)
        if token["operator"] == "(":
            inner = self.any_of()
            if not self._next_is(")"):
                raise ValueError(f"{self.text}: not understood: a bracket is open")
            self.tokens.pop(0)
            return inner
        if token["variable"]:
            return lambda _: True
        term = Term(token["key"], tuple((token["several"] or token["one"]).split(" OR ")))
        self.terms.append(term)
        return term.matches
