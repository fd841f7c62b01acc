"""Writes what docs/events.md, the examples and the README show of events, from the tables and the golden files."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from deep_security_datadog.datadog.attributes import ATTRIBUTES, port, url
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.values import address
from tools.repository import ROOT, markdown_table, with_texts

PAGE = ROOT / "docs" / "events.md"
EXAMPLES = ROOT / "docs" / "reference" / "event-examples.md"
README = ROOT / "README.md"
GOLDEN = ROOT / "tests" / "golden"

# Of the event in the README: the summary and the first facts.
_README_LINES = 6
_COMMON_TAGS = (
    "integration:", "policy:", "tenant:", "host_os:", "host_name:", "instance", "aws_account:", "topic_account:",
    "env:", "team:",
)  # fmt: skip
_KINDS: dict[Any, str] = {address: "IP address", port: "number", url: "URL"}
# What makes a path of `Key` and of `AMTarget`.
_AS_FILES = {"EntityType": "File", "AMTargetTypeString": "File System"}
_HEADINGS = ("**Host**", "**Times**")
# The type that is shown whole, and in the README.
_WHOLE = "PayloadLog"
# The README shows what comes first, and some of the tags.
_README_TAGS = ("severity", "module", "action", "policy", "aws_account", "mitre_technique", "env")


def readme() -> str:
    """The README with a fresh event."""
    fields, lines = _golden(_WHOLE)
    shown = [f"**{fields['title']}**", "", *lines[:_README_LINES], "", _tags(fields["tags"], _README_TAGS)]
    return with_texts(README, EVENT=_quoted(shown) + "\n")


def page() -> str:
    """The page with fresh attributes."""
    return with_texts(
        PAGE,
        ATTRIBUTES=markdown_table(("Attribute", "Kind", "Types of event"), _attributes()),
    )


def examples() -> str:
    """The page with a fresh event of each type."""
    return with_texts(EXAMPLES, TYPES="\n".join(_types()))


def _attributes() -> Iterator[tuple[str, ...]]:
    """Of which types a property that the row shows fills the attribute: any type that has the property does."""
    tried = ("192.0.2.1", "443", "https://example.com/")
    rows = [row for row in EVENT_TYPES.values() if row.facts]
    for attribute, (kind, value) in ATTRIBUTES.items():
        types = [
            f"`{row.name}`"
            for row in rows
            if any(kind(value(_AS_FILES | {name: text})) for name in row.shown_properties for text in tried)
        ]
        yield f"`{attribute}`", _KINDS.get(kind, "text"), "all" if len(types) == len(rows) else ", ".join(types)


def _types() -> Iterator[str]:
    for row in EVENT_TYPES.values():
        fields, text = _golden(row.name)
        whole = row.name == _WHOLE
        tags = " ".join(f"`{tag}`" for tag in fields["tags"] if whole or not tag.startswith(_COMMON_TAGS))
        quoted = _quoted(text if whole else _beginning(text))
        yield f"## {row.name}: {row.module}\n\n**{fields['title']}**\n\n{quoted}\n\nTags: {tags}\n"


def _quoted(lines: Iterable[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines).rstrip("> \n")


def _tags(tags: Iterable[str], names: Collection[str]) -> str:
    return " ".join(f"`{tag}`" for tag in tags if tag.partition(":")[0] in names)


def _beginning(text: list[str]) -> list[str]:
    """Up to the first heading within the text, which is about the host, or about the times where there is none."""
    return text[: next((number for number, line in enumerate(text) if line in _HEADINGS), len(text))]


def _golden(name: str, number: int = 1) -> tuple[dict[str, Any], list[str]]:
    """The fields and the lines of the text without its fences."""
    content = (GOLDEN / f"{name}.{number}.md").read_text(encoding="utf-8")
    fields, _, text = content.partition("\n%%% \n")
    return json.loads(fields), text.removesuffix("\n %%%\n").splitlines()


def main() -> None:
    """Write the pages and the README's event."""
    EXAMPLES.write_text(examples(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
