"""Conversions of JSON values that never raise (docs/reference/deep-security-events.md#values)."""

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, TypeAlias

# The properties of an event as text; a property that holds nothing is absent. See `Event.texts`.
Texts: TypeAlias = Mapping[str, str]
# Compact JSON. `json.dumps` with options would create an encoder on each call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
# What Deep Security and OSSEC write where there is nothing, in lower case, and in which properties: elsewhere it may be
# a name, as of a user called `none` (docs/reference/deep-security-events.md#placeholders).
PLACEHOLDERS = {text: re.compile(where) for text, where in {
    "n/a": ".*", "(no user)": ".*",
    "none": "Reason", "unknown": r"\w*(?:Action|String|Desc)", "-": r"OSSEC_\w+",
    "unknown computer": "Hostname|TargetName", "00:00:00:00:00:00": r"\w*MAC",
    "0": "EventID|ProcessID|PayloadFlags|CreationTime|ModificationTime",
    # As it is written here: `SYSTEM` is an account of Windows.
    "System": r"ActionBy|\w*User(?:Name)?",
    **dict.fromkeys(
        ("description omitted", "no description is available", "no description is available."), "Description"),
}.items()}  # fmt: skip
_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))
# Larger numbers are no rank, port or level, and slow to convert to text.
_LARGEST = 1 << 63
# Years 2000 to 2100 in seconds since 1970: other numbers are no time of an event.
_TIMES = range(946_684_800, 4_102_444_800)
# Longest text of a number or time, in characters.
_LONGEST_NUMBER = 64
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,8}")


def as_text(value: object) -> str:
    """A scalar as Deep Security would print it, anything else as compact JSON."""
    if isinstance(value, str) or value is None:
        return value or ""
    try:
        # Not a boolean, which JSON writes in lower case.
        return str(value) if type(value) is int else _encode(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def to_json(value: object) -> bytes:
    """Compact JSON in UTF-8. A lone surrogate, legal in JSON's escapes only, becomes a question mark."""
    return _encode(value).encode("utf-8", "replace")


def known(**fields: Any) -> dict[str, Any]:
    """The fields that hold something."""
    return {name: value for name, value in fields.items() if value}


def first(texts: Texts, names: tuple[str, ...]) -> str:
    """The text of the first of the named properties that holds something, else empty."""
    for name in names:
        if text := texts.get(name):
            return text
    return ""


def meaningful(name: str, value: object) -> str:
    """The stripped text of a property's value, an array of bytes decoded if it is one; empty for a placeholder."""
    if type(value) is list and name in ("Note", "ForwardedSrc", "PacketData"):
        with suppress(TypeError, ValueError):
            # A byte may have a sign, as in Java.
            value = plain_text(bytes([one + 256 if one < 0 else one for one in value])) or value or ""
    text = value.strip() if type(value) is str else as_text(value).strip()
    if len(text) > _LONGEST_PLACEHOLDER or not (where := PLACEHOLDERS.get(text) or PLACEHOLDERS.get(text.lower())):
        return text
    return "" if where.fullmatch(name) else text


def plain_text(data: bytes) -> str:
    """Data that is plainly text in UTF-8; a few bytes that are none do not matter. Empty for any other."""
    found = data.decode("utf-8", "replace")
    start = found[:1000]
    readable = sum(one in "\r\n\t" or (one.isprintable() and one != "\ufffd") for one in start)
    return found if readable > 0.9 * len(start) else ""


def address(text: str) -> str | None:
    """An IP address in its one spelling, without a zone, which may be any text; None for anything else."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def number(value: object) -> float | None:
    """A finite number from a number or from the same as a string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not 0 < len(value) <= _LONGEST_NUMBER:
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def integer(value: object) -> int | None:
    """A whole number from a number or from the same as a string, which may be hexadecimal: `0x82`."""
    # Fast paths for nearly all values. `type` because a boolean is an `int`.
    if type(value) is int and -_LARGEST <= value <= _LARGEST:
        return value
    if isinstance(value, str) and len(value) <= 15 and value.isdecimal():
        return int(value)
    if isinstance(value, str) and _HEXADECIMAL.fullmatch(value):
        return int(value, 16)
    result = number(value)
    return int(result) if result is not None and result.is_integer() and abs(result) <= _LARGEST else None


def time_of(value: object) -> datetime | None:
    """A point in time: ISO 8601, in UTC unless it has an offset; or a plausible number of seconds or milliseconds."""
    since_1970 = number(value) or 0
    for seconds in (since_1970, since_1970 / 1000):
        if int(seconds) in _TIMES:
            return datetime.fromtimestamp(seconds, UTC)
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
