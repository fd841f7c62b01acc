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

Each type of event has its own scale, or none. The forwarder maps them to one, which is the tag `severity`, the first
word of the title, and Datadog's alert type: critical and high are `error`, medium is `warning`, low and info are
`info`. An event that does not tell its severity is info, and its text says so. Where an event has a number and a word,
the number decides: words can be in any language.

| Event type | Module | What the event says | Severity |
| --- | --- | --- | --- |
"""

_TAGS = """
## Tags

Lower-case words joined by one underscore. Datadog shows each as a facet. A tag without a value is left out, and a
placeholder (`N/A`, `None`, `Unknown`, `-`, `(no user)`, `System` as a user) is no value. Bounded tags have few values
and suit dashboards and groups; the values of the others grow with what happens.

| Tag | Values | Bounded |
| --- | --- | --- |
"""

# Tags with their values, and whether the values are bounded.
TAGS = {
    "integration": ("`deep_security`", True),
    "event_type": ("the type in lower case: `payloadlog`", True),
    "module": ("`intrusion_prevention`, `anti_malware`, …", True),
    "severity": ("`info`, `low`, `medium`, `high`, `critical`", True),
    "action": (
        (
            "firewall, intrusion prevention: `deny`, `reset`, `insert`, `delete`, `replace`, `log_only`, and these "
            "after `detect_only_`. Anti-malware: `cleaned`, `deleted`, `quarantined`, `access_denied`, `terminated`, "
            "`passed`, `clean_failed`, … Integrity: `created`, `updated`, `deleted`, `renamed`. Web reputation: "
            "`blocked`, `detect_only`. Application control: `allowed`, `blocked`. Device control: `block`, `read_only`"
        ),
        True,
    ),
    "detect_only": ("`true`, `false`", True),
    "rule": ("name of the rule, malware, system event or application control action", True),
    "finding": ("what log inspection found (`OSSEC_Description`); name of an alert", True),
    "ossec_rule": ("`OSSEC_RuleID`, the member of a log inspection rule's family", True),
    "event_number": ("number of the system event: `190`", True),
    "target": ("what a system event is about, if that is no computer", False),
    "file": ("infected or blocked file", False),
    "url_host": ("host and port of the URL of a web reputation event", False),
    "entity": ("what integrity monitoring saw change: path, registry key, user, …", False),
    "device_name": ("device of a device control event", False),
    "device_serial": ("its serial number", False),
    "rank": ("severity times asset value", True),
    "policy": ("policy of the computer", True),
    "tenant": ("`TenantName`", True),
    "host_os": ("operating system without its build", True),
    "host_name": ("name of the computer for people", False),
    "instance-id": ("cloud instance; Datadog joins it with the host", False),
    "aws_account": ("account of the instance", True),
    "topic_account": ("account of the SNS topic", True),
    "cve": ("CVEs that the rule, its note or the description names", True),
    "mitre_technique": ("ATT&CK techniques named likewise: `t1190`", True),
    "ds_tag": ("event tags of Deep Security", True),
    "instance_tag_*": ("tags of the cloud instance, as its owner wrote them", False),
}

_TYPES = """
## Each type

The title, the text as Datadog renders it, and the tags. Values are shown as code, so that nothing in them is rendered:
an at sign becomes its full-width form, `://` becomes `[:]//`, a grave accent its modifier letter, and a control
character a question mark in a diamond. When an event is longer than Datadog takes (4000 characters), the least
important lines are left out and counted. Host, times, identifiers and their tags look alike in all types and are
shown once.
"""

_REPORTED = """
## What public reports showed

Each event misled somebody once, here or in another forwarder. These are their titles and what tells them apart.

| Title | Tags |
| --- | --- |
"""
# Of the event in the README: the summary and the first facts.
_README_LINES = 6
_COMMON_TAGS = (
    "integration:", "policy:", "tenant:", "host_os:", "host_name:", "instance", "aws_account:", "topic_account:",
    "env:", "team:",
)  # fmt: skip
_HEADINGS = ("**Host**", "**Times**")
_TELLING = ("severity", "action", "finding", "ossec_rule", "target", "url_host", "cve", "entity", "host_name")


# The type that is shown whole, and in the README.
_WHOLE = "PayloadLog"
# The README shows what comes first, and some of the tags.
_README_TAGS = ("severity", "module", "action", "policy", "aws_account", "mitre_technique", "env")


def readme() -> str:
    """The README with a fresh event."""
    fields, lines = _golden(_WHOLE)
    tags = [f"`{tag}`" for tag in fields["tags"] if tag.partition(":")[0] in _README_TAGS]
    shown = [f"**{fields['title']}**", "", *lines[:_README_LINES], "", " ".join(tags)]
    return with_text(README, "EVENT", _quoted(shown) + "\n")


def page() -> str:
    """The whole page."""
    tags = "\n".join(
        f"| `{key}` | {values} | {'yes' if bounded else 'no'} |" for key, (values, bounded) in TAGS.items()
    )
    severities, reported = "\n".join(_severities()), "\n".join(_reported())
    return f"{_HEAD}{severities}\n{_TAGS}{tags}\n{_TYPES}{''.join(_examples())}{_REPORTED}{reported}\n"


def _severities() -> Iterator[str]:
    for row in EVENT_TYPES.values():
        for says, severity in row.severity.rows:
            yield f"| `{row.name}` | {row.module} | {says} | {severity.label} |"


def _examples() -> Iterator[str]:
    for row in EVENT_TYPES.values():
        fields, text = _golden(row.name)
        whole = row.name == _WHOLE
        tags = " ".join(f"`{tag}`" for tag in fields["tags"] if whole or not tag.startswith(_COMMON_TAGS))
        quoted = _quoted(text if whole else _beginning(text))
        yield f"\n### {row.name}: {row.module}\n\n**{fields['title']}**\n\n{quoted}\n\nTags: {tags}\n"


def _quoted(lines: Iterable[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines).rstrip("> \n")


def _reported() -> Iterator[str]:
    for number in range(1, len(list(GOLDEN.glob("reported.*.md"))) + 1):
        fields, _ = _golden("reported", number)
        telling = " ".join(f"`{tag}`" for tag in fields["tags"] if tag.partition(":")[0] in _TELLING)
        yield f"| {fields['title']} | {telling} |"


def _beginning(text: list[str]) -> list[str]:
    """Up to the first heading within the text, which is about the host, or about the times where there is none."""
    return text[: next((number for number, line in enumerate(text) if line in _HEADINGS), len(text))]


def _golden(name: str, number: int = 1) -> tuple[dict[str, list[str]], list[str]]:
    """The fields and the lines of the text without its fences."""
    content = (GOLDEN / f"{name}.{number}.md").read_text(encoding="utf-8")
    fields, _, text = content.partition("\n%%% \n")
    return json.loads(fields), text.removesuffix("\n %%%\n").splitlines()


def main() -> int:
    """Write the page and the README's event."""
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
