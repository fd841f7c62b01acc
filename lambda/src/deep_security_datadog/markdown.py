"""Makes text that an attacker may have chosen safe to show in Datadog, and keeps it readable.

Datadog renders what stands between two `%%%` fences as Markdown, and notifies whoever is named after an `@`
(docs/reference/datadog-limits.md#markdown-and-mentions). So control characters and those that change the reading
direction are replaced, `@` becomes its full-width form, three percent signs are separated, URLs are written so that
nothing makes them links, and values stand in code spans or blocks that a grave accent in the value cannot close.
"""

from __future__ import annotations

import re

FENCE_OPEN = "%%% \n"
FENCE_CLOSE = "\n %%%"

_REPLACEMENT = "\ufffd"
# C0 and C1 controls, invisible and directional marks, line separators, surrogates, non-characters.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb\ufffe\uffff]"
)
_BREAK = re.compile(r"\s*[\r\n\t]\s*")
_LINE_END = re.compile(r"\r\n?")
_PERCENT = re.compile(r"%(?=%%)")
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#+!|~$^-]")
_AT, _GRAVE = "\uff20", "\u02cb"


def plain(text: str) -> str:
    """One line without control characters, mentions and links, for a title."""
    # Most values are short words and numbers. What is printable has neither breaks nor control characters.
    if text.isalnum():
        return text
    return _disarmed(text if text.isprintable() else _CONTROL.sub(_REPLACEMENT, _BREAK.sub(" ", text)))


def code(text: str) -> str:
    """A code span of one line; empty for empty text."""
    shown = plain(text).replace("`", _GRAVE).strip()
    return f"`{shown}`" if shown else ""


def block(text: str) -> str:
    """A code block with the lines of the text; empty for empty text."""
    shown = _disarmed(_CONTROL.sub(_REPLACEMENT, _LINE_END.sub("\n", text))).replace("`", _GRAVE).strip("\n")
    return f"```\n{shown}\n```" if shown.strip() else ""


def escaped(text: str) -> str:
    """One line of Markdown without any markup."""
    return _SPECIAL.sub(r"\\\g<0>", plain(text).replace("`", _GRAVE))


def fenced(text: str) -> str:
    """The text between the fences that make Datadog render Markdown."""
    return f"{FENCE_OPEN}{text}{FENCE_CLOSE}"


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters; the end says how many were cut."""
    if len(text) <= limit:
        return text
    note = f"… (+{len(text) - limit} characters)"
    return text[: max(0, limit - len(note))] + note


def _disarmed(text: str) -> str:
    """The text without mentions, fences and links."""
    if "@" in text:
        text = text.replace("@", _AT)
    if "%%%" in text:
        text = _PERCENT.sub("% ", text)
    if "://" in text:
        text = text.replace("://", "[:]//")
    if "www." in text.lower():
        text = _WWW.sub(r"\1[.]", text)
    return text
