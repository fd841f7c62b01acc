"""An invocation reads a bounded number of entries in a bounded time, and each record has its share of both."""

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from deep_security_datadog.aws import admission, envelope
from deep_security_datadog.aws.admission import MOST_ENTRIES
from deep_security_datadog.aws.envelope import Record
from tests.support import sns_record, sqs_record


def record(count: int, name: str) -> dict[str, Any]:
    return sqs_record(f"[{','.join(['{}'] * count)}]", record_id=name)


def admit(
    *records: dict[str, Any],
    is_settled: Callable[[Record], bool] = lambda _: False,
    seconds_left: Callable[[], float] = lambda: 30,
) -> tuple[list[Record], list[tuple[Record, str]]]:
    return admission.admit({"Records": list(records)}, is_settled=is_settled, seconds_left=seconds_left)


def events(record: Record) -> int:
    return sum(entry.properties is not None for entry in record.entries)


def left(record: Record) -> int:
    return sum(len(json.loads(entry.text)) for entry in record.entries if entry.properties is None)


def ids(*records: dict[str, Any], **options: Any) -> list[str | None]:
    """Of those that are taken, which are all that count."""
    taken, unread = admit(*records, **options)
    assert not unread
    return [one.record_id for one in taken]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([160] * 10, [(160, 0)] * 10),
        ([3_000, 1, 2_500, 500], [(1, 0), (500, 0), (2_249, 251), (2_250, 750)]),
        ([86_000], [(MOST_ENTRIES, 86_000 - MOST_ENTRIES)]),
        ([6_000] * 10, [(500, 5_500)] * 10),
        ([], []),
    ],
)
def test_the_smallest_are_taken_first_and_the_largest_share_what_is_left(
    counts: list[int], expected: list[tuple[int, int]]
) -> None:
    taken, unread = admit(*(record(count, str(number)) for number, count in enumerate(counts)))
    assert [(events(one), left(one)) for one in taken] == expected and not unread


@pytest.mark.parametrize(("message", "shares"), [("[{}]", {500}), ("1", {555, 556})])
def test_a_message_of_thousands_of_messages_takes_nothing_from_its_neighbours(message: str, shares: set[int]) -> None:
    """Be they events or not."""
    many: Any = {"Records": [{"eventSource": "aws:sqs", "body": message}] * 100}
    many = {"Records": [{"Sns": 0, "requestContext": {}, "requestPayload": many}] * 60}
    first, *others = admit(sqs_record(many, record_id="x"), *(record(200_000, str(n)) for n in range(9)))[0]
    assert first.record_id == "x" and len(first.entries) == 6_000
    assert {events(one) for one in others} == shares


def test_reading_takes_a_third_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the slowest took says how long the next takes; the rest is for sending."""
    clock = [0.0]
    real = envelope.read

    def read(raw: object, most: int) -> Record:
        clock[0] += 3.0
        return real(raw, most)

    monkeypatch.setattr(envelope, "read", read)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    shown = {"receiptHandle": "h", "attributes": {"ApproximateReceiveCount": "3"}}
    taken, unread = admit(*(record(6_000, str(n)) | shown for n in range(10)), seconds_left=lambda: 30 - clock[0])
    assert (len(taken), clock[0]) == (3, 9.0)
    assert [(one.record_id, one.attempts, why) for one, why in unread] == [
        (f"{n}", 3, "out of time") for n in range(3, 10)
    ]


def test_hostile_records_are_read_in_time() -> None:
    """Eight of 86,000 elements, and messages wrapped 260 times, took longer than Lambda allows, and 2,980 MB."""
    wrapped = '{"Records":[' * 260 + "]}" * 260
    raws = [*(record(86_000, f"e{number}") for number in range(8)), sqs_record(wrapped, record_id="w"), record(1, "x")]
    started = time.process_time()
    tracemalloc.start()
    try:
        assert len(admit(*raws)[0]) == 10
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 4 and peak < 30e6


def test_what_cannot_be_read_concerns_one_record() -> None:
    """Lambda hands over values, of any depth."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    taken, unread = admit(record(1, "a"), {**record(1, "bad"), "body": value}, record(1, "b"))
    assert [one.record_id for one in taken] == ["a", "b"]
    assert unread == [(Record("bad"), "cannot be read (RecursionError)")]
    while value:
        # Freed level by level: at once, it may overflow the stack.
        value = value.pop()


def test_a_record_that_is_there_twice_is_handled_once() -> None:
    assert ids(record(1, "a"), record(1, "b"), record(1, "a")) == ["a", "b"]
    assert ids(sns_record("{}"), sns_record("{}")) == [None, None], "without an id, nobody knows"


def test_those_that_were_tried_least_often_come_first() -> None:
    raws = ({**record(1, name), "attributes": {"ApproximateReceiveCount": name}} for name in "312")
    assert ids(*raws) == ["1", "2", "3"]
