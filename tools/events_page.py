"""Writes docs/events.md from the payload's own tables and the golden files, so that it cannot be out of date."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from deep_security_datadog.event_types import EVENT_TYPES, EventType

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "events.md"
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
    """Write the page; with --check, only say whether it is up to date."""
    if "--check" in sys.argv:
        return 0 if PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
