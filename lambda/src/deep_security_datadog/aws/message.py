"""The text of a message: an array of events, or a single one (docs/reference/deep-security-events.md#messages)."""

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

# Levels of nesting; Deep Security's events have two. Python's own limit differs by version, and is lower for writing.
DEEPEST = 100
# Python's limit for converting an integer: https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation
_MOST_DIGITS = 4300
# Allowed in JSON but not in an SQS message, or not in UTF-8 (docs/reference/aws-limits.md#sqs).
_NOT_IN_SQS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BLANK = " \t\r\n\ufeff"
_BLANKS = re.compile(f"[{_BLANK}]*")


class Unreadable(ValueError):
    """Text that is no JSON, or nested too deeply. The message says why, without content."""


def is_array(text: str) -> bool:
    """Whether JSON text holds an array, if it holds anything."""
    return text.startswith("[", _after_blanks(text, 0))


def elements(text: str) -> Iterator[tuple[object, int, int]]:
    """The elements of a JSON array, each with its start and end; of anything else the whole. Raises Unreadable."""
    place = _after_blanks(text, 0)
    if not text.startswith("[", place):
        yield read(text), 0, len(text)
        return
    place = _after_blanks(text, place + 1)
    is_more = not text.startswith("]", place)
    while is_more:
        value, end = _decode(text, place)
        yield value, place, end
        place = _after_blanks(text, end)
        if is_more := text.startswith(",", place):
            place = _after_blanks(text, place + 1)
    if not text.startswith("]", place) or _after_blanks(text, place + 1) < len(text):
        raise Unreadable(f"not readable as JSON (an array that does not go on at character {place})")


def read(text: str) -> object:
    """The value of JSON text. Raises Unreadable."""
    value, end = _decode(text, _after_blanks(text, 0))
    if _after_blanks(text, end) < len(text):
        raise Unreadable(f"not readable as JSON (extra data at character {end})")
    return value


def write(value: object) -> str:
    """Compact JSON in characters that UTF-8 and SQS allow."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NOT_IN_SQS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def cleaned(text: str, replacement: str = "\ufffd") -> str:
    """Text in characters that UTF-8 and SQS allow."""
    return _NOT_IN_SQS.sub(replacement, text)


def _after_blanks(text: str, place: int) -> int:
    # Mostly there are none.
    found = _BLANKS.match(text, place) if text[place : place + 1] in _BLANK else None
    return found.end() if found else place


def _decode(text: str, place: int) -> tuple[object, int]:
    try:
        value, end = _DECODER.raw_decode(text, place)
        _check_depth(value)
    except RecursionError:
        raise Unreadable(f"nested more than {DEEPEST} levels deep") from None
    except json.JSONDecodeError as error:
        # The parser's message gives a position, no content.
        raise Unreadable(f"not readable as JSON ({error})") from None
    return value, end


def _check_depth(value: object) -> None:
    """Raises RecursionError beyond DEEPEST levels."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        values = (outer.values() if type(outer) is dict else outer for outer in level if type(outer) in (dict, list))
        level = [inner for outer in values for inner in outer if inner and type(inner) in (dict, list)]
        if not level:
            return
    raise RecursionError


# Text where JSON could not express the float, or Python not convert the integer.
_DECODER = json.JSONDecoder(
    parse_constant=str,
    parse_float=lambda text: value if isfinite(value := float(text)) else text,
    parse_int=lambda text: int(text) if len(text) <= _MOST_DIGITS else text,
)
