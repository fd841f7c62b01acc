"""Writes docs/events.md and the README's event from the payload's tables and golden files, so that neither is stale."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

from deep_security_datadog.event_types import EVENT_TYPES
from tools.repository import ROOT, with_text

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
# The README shows what comes first, and some of the tags.
_README_TAGS = ("severity", "module", "action", "policy", "aws_account", "mitre_technique", "env")


def readme() -> str:
    """The README with a fresh event."""
    fields, lines = _golden(_README_EVENT)
    # Up to the first heading within the text, which is about the host.
    first = lines[: next(number for number, line in enumerate(lines) if line.startswith("**Host"))]
    tags = [f"`{tag}`" for tag in fields["tags"] if tag.partition(":")[0] in _README_TAGS]
    shown = [f"**{fields['title']}**", "", *first, *([""] if first[-1] else []), " ".join(tags)]
    return with_text(README, "EVENT", _quoted(shown) + "\n")


def page() -> str:
    """The whole page."""
    return _HEAD + "\n".join(_severities()) + "\n" + _TYPES + "\n".join(_examples())


def _severities() -> Iterator[str]:
    for row in EVENT_TYPES.values():
        for says, severity in row.severity.rows:
            yield f"| `{row.name}` | {row.module} | {says} | {severity.label} |"


def _examples() -> Iterator[str]:
    for row in EVENT_TYPES.values():
        fields, text = _golden(row.name)
        yield f"\n### {row.name}: {row.module}\n"
        yield f"**{fields['title']}**\n"
        yield _quoted(text)
        yield f"\nTags: {' '.join(f'`{tag}`' for tag in fields['tags'])}\n"


def _quoted(lines: Iterable[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines)


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
