"""Makes text that an attacker may have chosen safe to show in a Datadog event, and still readable.

Datadog renders the text as Markdown between two `%%%` fences and notifies whoever is named after an `@`
(reference: datadog-apis, section 1.4). So that a value cannot do any of this by itself: control characters and those
that turn the reading direction are replaced, `@` becomes its full-width twin, three percent signs are set apart,
addresses are written so that nothing makes a link of them, and values stand in code spans or code blocks, which
a grave accent in the value cannot close.
"""

from __future__ import annotations

import re
from functools import lru_cache

FENCE_OPEN = "%%% \n"
FENCE_CLOSE = "\n %%%"

# What became of a longer text is not kept.
LONGEST_KNOWN = 64

_REPLACEMENT = "\ufffd"
# C0 and C1 controls, marks that are not seen or turn the direction, line separators, surrogates, non-characters.
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
    """One line for a title: no control character, no mention, no link."""
    # Hosts and rules come again and again. An attacker's are many or long, and must not fill the memory.
    return _known_plain(text) if len(text) <= LONGEST_KNOWN else _plain(text)


def _plain(text: str) -> str:
    # Most values are short words and numbers, and nearly all are printable: those have no break and no `_CONTROL`.
    if text.isalnum():
        return text
    return _disarmed(text if text.isprintable() else _CONTROL.sub(_REPLACEMENT, _BREAK.sub(" ", text)))


_known_plain = lru_cache(maxsize=256)(_plain)


def code(text: str) -> str:
    """A code span with the text as one line; nothing for empty text."""
    shown = _plain(text).replace("`", _GRAVE).strip()
    return f"`{shown}`" if shown else ""


def block(text: str) -> str:
    """A code block that keeps the lines of the text; nothing for empty text."""
    shown = _disarmed(_CONTROL.sub(_REPLACEMENT, _LINE_END.sub("\n", text))).replace("`", _GRAVE).strip("\n")
    return f"```\n{shown}\n```" if shown.strip() else ""


def escaped(text: str) -> str:
    """One line of ordinary Markdown text in which nothing is markup."""
    return _SPECIAL.sub(r"\\\g<0>", plain(text).replace("`", _GRAVE))


def fenced(text: str) -> str:
    """The text as Datadog renders it as Markdown."""
    return f"{FENCE_OPEN}{text}{FENCE_CLOSE}"


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters; what was cut is counted at the end."""
    if len(text) <= limit:
        return text
    note = f"… (+{len(text) - limit} characters)"
    return text[: max(0, limit - len(note))] + note


def _disarmed(text: str) -> str:
    """Without mentions, fences and links."""
    if "@" in text:
        text = text.replace("@", _AT)
    if "%%%" in text:
        text = _PERCENT.sub("% ", text)
    if "://" in text:
        text = text.replace("://", "[:]//")
    if "www." in text.lower():
        text = _WWW.sub(r"\1[.]", text)
    return text
