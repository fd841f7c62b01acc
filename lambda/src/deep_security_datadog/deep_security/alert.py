"""Alerts are always info; their description has the severity (docs/reference/deep-security-events.md#system-events)."""

import re
from typing import NamedTuple

from deep_security_datadog.values import Texts, integer

_ENDED = 192
_NUMBERS_BY_TITLE = {"alert started": 190, "alert changed": 191, "alert ended": _ENDED}
# A line break written as backslash and n. Only before a label, because Windows paths have these characters too.
_WRITTEN_BREAK = re.compile(r"\\n(?=[^\W\d_a-z][\w ]{0,40}[:\uff1a])")
# In characters: an attacker may have sent 256 KB.
_LONGEST_READ = 2000


class Alert(NamedTuple):
    """name: the description's first line if it has no English labels. severity: `Critical`, `Warning` or empty."""

    name: str
    severity: str
    has_ended: bool


def alert(texts: Texts) -> Alert | None:
    """The alert that a system event is about. The number decides; without one the English title does."""
    number = integer(texts.get("Number"))
    if number is None:
        number = _NUMBERS_BY_TITLE.get(texts.get("Title", "").lower())
    if number not in _NUMBERS_BY_TITLE.values():
        return None
    lines = with_line_breaks(texts.get("Description", "")[:_LONGEST_READ]).splitlines()
    labelled = {label.strip().lower(): value.strip() for label, _, value in (line.partition(":") for line in lines)}
    name = labelled.get("alert") or next((line.strip() for line in lines if line.strip()), "")
    return Alert(name, labelled.get("severity", "").strip("\\ "), number == _ENDED)


def with_line_breaks(text: str) -> str:
    """The text with real line breaks where they are written as a backslash and an n."""
    return _WRITTEN_BREAK.sub("\n", text)
