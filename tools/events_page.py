"""Writes docs/events.md and the README's event from the payload's tables and golden files, so that neither is stale."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from deep_security_datadog.event_types import EVENT_TYPES
from deep_security_datadog.facts import EventType

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "events.md"
README = ROOT / "README.md"
GOLDEN = ROOT / "tests" / "golden"

_HEAD = """# Events in Datadog

Written by `make docs` from the payload's tables and the golden files of its tests; do not edit.

## Severity

Each type of event has a scale of its own, and some have none. The forwarder brings them to one scale, which is the
tag `severity`, the first word of the title, and Datadog's alert type: critical and high are `error`, medium is
`warning`, low and info are `info`. What does not tell its severity is info, and its text says so.

| Event type | Module | What the event says | Severity |
| --- | --- | --- | --- |
"""

_TYPES = """
## Each type

The title, the text as Datadog renders it, and the tags. Values stand as code, so that nothing in them is rendered:
an at sign is shown as its full-width twin, `://` as `[:]//`, a grave accent as its modifier letter, and a control
character as a question mark in a diamond. When an event is longer than Datadog takes (4000 characters), the least
important lines are left out and counted.
"""


_README_EVENT = "PayloadLog"
_BEGIN, _END = "<!-- BEGIN_EVENT -->", "<!-- END_EVENT -->"
# The README shows what comes first, and some of the tags.
_README_TAGS = ("severity", "module", "action", "policy", "aws_account", "mitre_technique", "env")


def readme() -> str:
    """The README with a fresh event between its markers; ValueError when they are missing."""
    text = README.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"README.md lacks {_BEGIN} or {_END}")
    fields, lines = _golden(_README_EVENT)
    # Up to the first heading within the text, which is about the host.
    first = lines[: next(number for number, line in enumerate(lines) if line.startswith("**Host"))]
    quoted = "\n".join(f"> {line}".rstrip() for line in [f"**{fields['title']}**", "", *first]).removesuffix("\n>")
    tags = [tag for tag in fields["tags"] if tag.partition(":")[0] in _README_TAGS]
    return f"{before}{_BEGIN}\n{quoted}\n>\n> {' '.join(f'`{tag}`' for tag in tags)}\n{_END}{after}"


def page() -> str:
    """The whole page."""
    return _HEAD + "\n".join(_severities()) + "\n" + _TYPES + "\n".join(_examples())


def _severities() -> Iterator[str]:
    for row in EVENT_TYPES.values():
        for says, severity in row.severity.rows:
            yield f"| `{row.name}` | {row.module} | {says} | {severity.label} |"


def _examples() -> Iterator[str]:
    for row in EVENT_TYPES.values():
        yield from _example(row)


def _example(row: EventType) -> Iterator[str]:
    fields, text = _golden(row.name)
    yield f"\n### {row.name}: {row.module}\n"
    yield f"**{fields['title']}**\n"
    yield "\n".join(f"> {line}".rstrip() for line in text)
    yield f"\nTags: {' '.join(f'`{tag}`' for tag in fields['tags'])}\n"


def _golden(name: str) -> tuple[dict[str, list[str]], list[str]]:
    """The fields and the lines of the text without its fences."""
    content = (GOLDEN / f"{name}.1.md").read_text(encoding="utf-8")
    fields, _, text = content.partition("\n%%% \n")
    return json.loads(fields), text.removesuffix("\n %%%\n").splitlines()


def main() -> int:
    """Write the page and the README's event."""
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
