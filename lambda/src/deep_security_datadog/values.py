"""Total conversions of JSON values: whatever comes in, none of them raises.

Deep Security sends integers as numbers; some versions send them as strings
(reference: deep-security-events, section 4, number 5), and empty strings mean "none".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime

# Compact JSON. Made once: `json.dumps` with options makes an encoder each time.
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode

# 2**63: beyond it a "number" is nobody's rank, port or level, and turning it to text can be slow.
_LARGEST = 1 << 63


def as_text(value: object) -> str:
    """A scalar as Deep Security would print it, anything else as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        # Not a boolean, which JSON writes in lower case.
        if type(value) is int:
            return str(value)
        return encode(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def text_of(properties: Mapping[str, object], *names: str) -> str:
    """The first of the named properties that holds something, as stripped text; empty when none does."""
    for name in names:
        if text := as_text(properties.get(name)).strip():
            return text
    return ""


def number(value: object) -> float | None:
    """A finite number from a number or from the same as a string."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def integer(value: object) -> int | None:
    """A whole number from a number or from the same as a string."""
    # Nearly all are one of these two; the type of a boolean is another one.
    if type(value) is int and -_LARGEST <= value <= _LARGEST:
        return value
    if isinstance(value, str) and len(value) <= 15 and value.isdecimal():
        return int(value)
    result = number(value)
    if result is None or result != int(result) or abs(result) > _LARGEST:
        return None
    return int(result)


def time_of(value: object) -> datetime | None:
    """A point in time from ISO 8601 text; without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
