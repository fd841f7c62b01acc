"""Makes text that an attacker may have chosen safe to show in Datadog, and keeps it readable.

Datadog renders what stands between two `%%%` fences as Markdown, and notifies whoever is named after an `@`
(docs/reference/datadog-limits.md#markdown-and-mentions). So control characters and those that change the reading
direction are replaced, `@` becomes its full-width form, three percent signs are separated, URLs are written so that
nothing makes them links, and values stand in code spans or blocks that a grave accent in the value cannot close.
"""

import re

# Make Datadog render what is between them.
FENCE_OPEN = "%%% \n"
FENCE_CLOSE = "\n %%%"
_REPLACEMENT = "\ufffd"
# Invisible characters, and those that change how the rest reads: controls, marks of direction, blank letters, line
# separators, surrogates, tag characters, non-characters (https://www.unicode.org/reports/tr36/#visual_spoofing).
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufdd0-\ufdef\ufeff\uffa0\ud800-\udfff\ufff0-\ufffb\ufffe\uffff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
    + "".join([f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)])
    + "]"
)
# Joiners and variation selectors stay where scripts and emoji need them: not after Latin, Greek and Cyrillic letters,
# and one at a time, but for the joiner that follows the selector of an emoji.
_JOINERS = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_HIDDEN_JOINER = re.compile(f"(?:(?<=[\x00-\u058f])|(?<=[{_JOINERS}])|^)(?!(?<=\ufe0f)\u200d)[{_JOINERS}]")
_SPACE = re.compile(r"\s+")
_LINE_END = re.compile(r"\r\n?")
_PERCENT = re.compile(r"%(?=%%)")
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#+!|~$^-]")
_GRAVE = "\u02cb"


def plain(text: str) -> str:
    """One line without control characters, mentions and links, for a title."""
    # Most values are short words and numbers. Printable ASCII has no breaks and hides nothing.
    if text.isalnum() and text.isascii():
        return text
    if not (text.isascii() and text.isprintable()):
        # White space that breaks the line becomes one blank.
        text = visible(_SPACE.sub(lambda found: found[0] if {*found[0]}.isdisjoint("\r\n\t") else " ", text))
    return _disarmed(text)


def visible(text: str) -> str:
    """The text with hidden characters replaced."""
    return _HIDDEN_JOINER.sub(_REPLACEMENT, _CONTROL.sub(_REPLACEMENT, text))


def code(text: str) -> str:
    """A code span of one line; empty for empty text."""
    shown = plain(text).replace("`", _GRAVE).strip()
    return f"`{shown}`" if shown else ""


def block(text: str) -> str:
    """A code block with the lines of the text; empty for empty text."""
    shown = _disarmed(visible(_LINE_END.sub("\n", text))).replace("`", _GRAVE).strip("\n")
    return f"```\n{shown}\n```" if shown.strip() else ""


def escaped(text: str) -> str:
    """One line of Markdown without any markup."""
    return _SPECIAL.sub(r"\\\g<0>", plain(text).replace("`", _GRAVE))


def shortened(text: str, limit: int) -> str:
    """The beginning, in at most `limit` characters; a note says how many more there are."""
    if len(text) <= limit:
        return text
    note = f"… (+{len(text) - limit} characters)"
    return f"{text[: max(0, limit - len(note))]}{note}"[:limit]


def truncate_middle(text: str, limit: int) -> str:
    """Both ends, in at most `limit` characters: paths, registry keys and commands differ in their ends."""
    if len(text) <= limit:
        return text
    end = max(0, (limit - 1) // 2)
    return f"{text[: max(0, limit - 1 - end)]}…{text[len(text) - end :]}"


def _disarmed(text: str) -> str:
    """The text without mentions, fences and links."""
    text = text.replace("@", "\uff20").replace("](", "] (").replace("://", "[:]//")
    if "%%%" in text:
        text = _PERCENT.sub("% ", text)
    return _WWW.sub(r"\1[.]", text) if "www." in text.lower() else text
