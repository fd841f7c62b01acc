"""An invocation takes a bounded number of entries, and a large record does not cost its neighbours."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deep_security_datadog import admission
from deep_security_datadog.admission import MOST_ENTRIES, MOST_SPLIT_ENTRIES, admit
from tests.support import sqs_record


def record(count: int, name: str) -> dict[str, Any]:
    return sqs_record(f"[{','.join(['{}'] * count)}]", record_id=name)


def ids(records: list[Any]) -> list[str]:
    return [one.record_id for one in records]


def test_ordinary_records_are_taken_in_their_order() -> None:
    found = admit({"Records": [record(160, str(number)) for number in range(10)]})
    assert ids(found.taken) == [str(number) for number in range(10)]
    assert not found.oversized


def test_the_largest_are_split() -> None:
    found = admit({"Records": [record(3000, "large"), record(1, "a"), record(2500, "middle"), record(2000, "b")]})
    assert ids(found.taken) == ["a", "b", "middle"], "the smallest go first"
    assert [raw["messageId"] for raw in found.oversized if isinstance(raw, dict)] == ["large"]


def test_what_no_invocation_takes_is_oversized() -> None:
    found = admit({"Records": [record(MOST_ENTRIES + 1, "x"), record(MOST_ENTRIES, "y")]})
    assert ids(found.taken) == ["y"] and len(found.taken[0].entries) == MOST_ENTRIES
    assert [raw["messageId"] for raw in found.oversized if isinstance(raw, dict)] == ["x"]


@given(st.lists(st.integers(0, 12), max_size=12))
def test_each_record_is_in_one_place_and_the_bound_holds(counts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "MOST_ENTRIES", 10)
        found = admit({"Records": [record(count, str(place)) for place, count in enumerate(counts)]})
    assert sum(len(one.entries) for one in found.taken) <= 10
    names = [*ids(found.taken), *(raw["messageId"] for raw in found.oversized)]  # type: ignore[index]
    assert sorted(names) == sorted(map(str, range(len(counts))))
    smallest = [count for count in counts if count <= 10]
    assert bool(found.taken) == bool(smallest), "some record always goes on"


def test_ten_parts_of_a_split_message_fit() -> None:
    found = admit({"Records": [record(MOST_SPLIT_ENTRIES, str(number)) for number in range(10)]})
    assert len(found.taken) == 10 and not found.oversized


def test_memory_is_bounded_whatever_the_records_hold() -> None:
    """Ten messages of 87,000 elements took 2,980 MB."""
    payload = {"Records": [record(87_000, str(number)) for number in range(10)]}
    tracemalloc.start()
    try:
        admit(payload)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30e6


def test_a_payload_that_is_no_envelope_is_one_record() -> None:
    (one,) = admit([json.loads("{}")]).taken
    assert one.record_id is None and len(one.entries) == 1
