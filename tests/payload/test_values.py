"""Conversions of JSON values, the odd ones above all."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from deep_security_datadog.values import PLACEHOLDERS, as_text, integer, meaningful, number, time_of, to_json
from tests.payload.strategies import JSON
from tools.repository import ROOT


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" as it is ", " as it is "),
        (None, ""),
        (-5, "-5"),
        (2.5, "2.5"),
        (True, "true"),
        (["ü", 1, None], '["ü",1,null]'),
        ({"a": {"b": False}}, '{"a":{"b":false}}'),
    ],
)
def test_as_text(value: object, text: str) -> None:
    assert as_text(value) == text


def test_what_cannot_be_text_is_its_type() -> None:
    # Python turns no more than 4300 digits into text.
    assert as_text(10**5000) == "<int>"
    assert as_text([10**5000]) == as_text(nested(100_000)) == "<list>"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [({"a": ["ü", 1]}, '{"a":["ü",1]}'.encode()), ("\ud800", b'"?"'), ("\U0001f600", '"\U0001f600"'.encode())],
)
def test_to_json_is_compact_utf_8(value: object, encoded: bytes) -> None:
    assert to_json(value) == encoded


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Reason", " r ", "r"),
        ("Reason", 0, "0"),
        ("Reason", "N/A", ""),
        ("Reason", "None", ""),
        ("ActionString", "Unknown", ""),
        ("OSSEC_Status", " - ", ""),
        # Where it may be a name, it is one.
        *[
            (name, text, text)
            for name in ("UserName", "ProcessName", "FileName", "Hostname", "TenantName")
            for text in ("none", "None", "unknown", "-", "Unknown Computer", "Description Omitted")
            if (name, text) != ("Hostname", "Unknown Computer")
        ],
        ("OSSEC_DestinationUser", "(no user)", ""),
        # Only what stands alone is a placeholder.
        ("Reason", "Unknown Protocol", "Unknown Protocol"),
        # `System` is no user, but may be anything else.
        ("ActionBy", "System", ""),
        ("User", "System", ""),
        ("Title", "System", "System"),
        ("User", "SYSTEM", "SYSTEM"),
    ],
)
def test_a_placeholder_is_no_value(name: str, value: object, text: str) -> None:
    assert meaningful(name, value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        ("3", 3.0),
        (" 2.5 ", 2.5),
        ("-1e2", -100.0),
        (True, None),
        (None, None),
        ("", None),
        ("high", None),
        ([3], None),
        (float("nan"), None),
        ("inf", None),
    ],
)
def test_number(value: object, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (-7, -7),
        ("80", 80),
        ("-1", -1),
        (" 80 ", 80),
        ("80.0", 80),
        (80.0, 80),
        ("0000000000000000000080", 80),
        (80.5, None),
        (True, None),
        ("", None),
        ("0x50", 80),
        ("0x", None),
        (None, None),
        (1 << 63, 1 << 63),
        (1 << 64, None),
        (float("inf"), None),
    ],
)
def test_integer(value: object, expected: int | None) -> None:
    assert integer(value) == expected
    assert type(integer(value)) is type(expected)


def test_numbers_with_thousands_of_digits() -> None:
    for value in ("1" * 5000, 10**400, -(10**5000)):
        assert integer(value) is number(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-05-14T09:50:00.133Z", datetime(2024, 5, 14, 9, 50, 0, 133_000, UTC)),
        ("2024-05-14T11:50:00+02:00", datetime(2024, 5, 14, 9, 50, tzinfo=UTC)),
        (" 2024-05-14 09:50:00 ", datetime(2024, 5, 14, 9, 50, tzinfo=UTC)),
        ("2016-08- 04", None),
        ("", None),
        (1715680200, datetime(2024, 5, 14, 9, 50, tzinfo=UTC)),
        ("1715680200", datetime(2024, 5, 14, 9, 50, tzinfo=UTC)),
        (1715680200.5, datetime(2024, 5, 14, 9, 50, 0, 500_000, UTC)),
        (1715680200133, datetime(2024, 5, 14, 9, 50, 0, 133_000, UTC)),
        # By the calendar of ISO 8601 this would be December 1712.
        ("1712121012345", datetime(2024, 4, 3, 5, 10, 12, 345_000, UTC)),
        ("20240514", datetime(2024, 5, 14, tzinfo=UTC)),
        # No plausible number: years before 2000 and from 2100 on, microseconds.
        (946_684_799, None),
        (4_102_444_800, None),
        (1715678410133506, None),
        (0, None),
        (True, None),
        (None, None),
        # Out of the calendar in UTC.
        ("9999-12-31T23:59:59-01:00", None),
    ],
)
def test_time_of(value: object, expected: datetime | None) -> None:
    assert time_of(value) == expected


@given(JSON)
def test_nothing_raises(value: object) -> None:
    assert isinstance(as_text(value), str)
    assert isinstance(to_json(value), bytes)
    found = number(value)
    assert found is None or math.isfinite(found)
    whole = integer(value)
    assert whole is None or float(whole) == found
    time = time_of(value)
    assert time is None or time.tzinfo is UTC


def test_each_placeholder_has_its_source() -> None:
    page = (ROOT / "docs" / "reference" / "deep-security-events.md").read_text(encoding="utf-8")
    table = page.partition("### Placeholders")[2].partition("Some are written")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    documented = {text for row in rows for text in re.findall(r"`([^`]+)`", row)}
    assert {text if text == "System" else text.lower() for text in documented} == set(PLACEHOLDERS)
