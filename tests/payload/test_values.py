"""Conversions of JSON values, the odd ones above all."""

import itertools
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
        (" as it is ", " as it is "), (None, ""), (-5, "-5"), (2.5, "2.5"), (True, "true"),
        (["ü", 1, None], '["ü",1,null]'), ({"a": {"b": False}}, '{"a":{"b":false}}'),
        # What cannot be text is its type. Python turns no more than 4300 digits into text.
        (10**5000, "<int>"),
        *((value, "<list>") for value in ([10**5000], nested(100_000))),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_a_value_is_text_as_deep_security_would_print_it(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "encoded"), [({"a": ["ü\U0001f600", 1]}, '{"a":["ü\U0001f600",1]}'), ("\ud800", '"?"')]
)
def test_json_is_compact_utf_8(value: object, encoded: str) -> None:
    assert to_json(value) == encoded.encode()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Reason", " r ", "r"), ("Reason", 0, "0"), ("Reason", "N/A", ""), ("Reason", "None", ""),
        ("ActionString", "Unknown", ""), ("OSSEC_Status", " - ", ""),
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
        ("ActionBy", "System", ""), ("User", "System", ""), ("Title", "System", "System"), ("User", "SYSTEM", "SYSTEM"),
        ("EventID", 0, ""),
        # Bytes, with a sign or without, but no other list, and no bytes that are no text.
        ("Note", [*b"CVE-2007-5355\n"], "CVE-2007-5355"), ("ForwardedSrc", [*b"203.0.113.9"], "203.0.113.9"),
        ("Note", [71, 114, -61, -68, -61, 159, 101], "Gr\u00fc\u00dfe"),
        ("Note", [71, 114, 195, 188, 195, 159, 101], "Gr\u00fc\u00dfe"),
        ("Note", [], ""), ("PacketData", [1, 2, -3], "[1,2,-3]"), ("Ports", [80, 81], "[80,81]"),
        *[("Note", value, as_text(value)) for value in ([256], [-257], [10**400], [1.5], ["a"], [None], [[65]])],
    ],
)  # fmt: skip
def test_a_placeholder_is_no_value(name: str, value: object, text: str) -> None:
    assert meaningful(name, value) == text


@pytest.mark.parametrize(
    ("value", "as_number", "as_integer"),
    [
        *((value, 80.0, 80) for value in ("80", " 80 ", "80.0", 80.0, "0000000000000000000080")),
        (0, 0.0, 0), (-7, -7.0, -7), ("0x50", None, 80), (" 2.5 ", 2.5, None), ("-1e2", -100.0, -100),
        (1 << 63, float(1 << 63), 1 << 63), (1 << 64, float(1 << 64), None),
        *((value, None, None) for value in (True, None, "", "high", "0x", [3], float("nan"), "inf", "1" * 65)),
        *((value, None, None) for value in (10**400, -(10**5000), "1" * 5000)),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_a_number_is_finite_and_an_integer_whole(
    value: object, as_number: float | None, as_integer: int | None
) -> None:
    assert (number(value), integer(value)) == (as_number, as_integer)
    assert type(integer(value)) is type(as_integer)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-05-14T09:50:00.133Z", "2024-05-14T09:50:00.133"),
        ("2024-05-14T11:50:00+02:00", "2024-05-14T09:50"),
        (" 2024-05-14 09:50:00 ", "2024-05-14T09:50"),
        ("20240514", "2024-05-14T00:00"),
        *((value, "2024-05-14T09:50") for value in (1715680200, "1715680200")),
        (1715680200.5, "2024-05-14T09:50:00.500"),
        (1715680200133, "2024-05-14T09:50:00.133"),
        # By the calendar of ISO 8601 this would be December 1712.
        ("1712121012345", "2024-04-03T05:10:12.345"),
        # No plausible number: years before 2000 and from 2100 on, microseconds.
        *((value, None) for value in (946_684_799, 4_102_444_800, 1715678410133506, 0, True)),
        # No time, or out of the calendar in UTC.
        *((value, None) for value in ("2016-08- 04", "", None, "9999-12-31T23:59:59-01:00")),
    ],
)
def test_a_time_is_read_where_it_is_plausible(value: object, expected: str | None) -> None:
    assert time_of(value) == (datetime.fromisoformat(f"{expected}+00:00") if expected else None)


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
    table = page.partition("### Placeholders")[2].partition("\n## ")[0]
    rows = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    documented = {text for row in rows for text in re.findall(r"`([^`]+)`", row)}
    assert {text if text == "System" else text.lower() for text in documented} == set(PLACEHOLDERS)
