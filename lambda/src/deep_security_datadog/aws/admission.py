"""Bounds the memory and time of an invocation: which records of a Lambda event it reads, and how much of each."""

import time
from collections.abc import Callable

from deep_security_datadog.deadline import SecondsLeft
from deep_security_datadog.log import reason_of

from . import envelope
from .envelope import Record

# More than 30 s are enough for, and more than ten ordinary messages hold. An event takes 6 KB of memory.
MOST_ENTRIES = 5_000
# Of the time that is left at the beginning; the rest is for sending.
_TIME_TO_READ = 1 / 3
# In characters. What a shorter record takes to read says nothing about a longer one.
_SHORTEST_MEASURED = 10_000


def admit(
    payload: object, *, is_settled: Callable[[Record], bool], seconds_left: SecondsLeft
) -> tuple[list[Record], list[tuple[Record, str]]]:
    """The records to handle now, those tried least often first, and those that wait unread, with the reason.

    Settled ones are neither, and one that is there twice counts once. The smallest are read first, and each has its
    share of the entries: what is beyond it waits in the queue, as a smaller message.
    """
    waiting: dict[object, tuple[Record, object]] = {}
    for raw in envelope.raw_records(payload):
        if not is_settled(record := envelope.without_entries(raw)):
            waiting.setdefault(record.record_id or object(), (record, raw))
    taken: list[Record] = []
    unread: list[tuple[Record, str]] = []
    least_left, entries, pace = seconds_left() * (1 - _TIME_TO_READ), MOST_ENTRIES, 0.0
    for number, (record, raw) in enumerate(sorted(waiting.values(), key=lambda one: one[0].size)):
        if seconds_left() - pace * record.size < least_left:
            unread.append((record, "out of time"))
            continue
        started = time.monotonic()
        try:
            taken.append(envelope.read(raw, entries // (len(waiting) - number)))
        except Exception as error:  # noqa: BLE001 (it alone waits)
            unread.append((record, f"cannot be read ({reason_of(error)})"))
            continue
        pace = max(pace, (time.monotonic() - started) / max(record.size, _SHORTEST_MEASURED))
        entries -= sum(entry.properties is not None for entry in taken[-1].entries)
    return sorted(taken, key=lambda record: record.attempts), unread
