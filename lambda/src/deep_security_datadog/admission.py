"""Which records of a Lambda event an invocation takes, so that its memory and time are bounded whatever they hold."""

from __future__ import annotations

from typing import NamedTuple

from .envelope import Record, raw_records

# More than an invocation of 30 s sends, and than ten messages of ordinary events hold; an event takes 6 KB of memory.
MOST_ENTRIES = 5_000


class Admission(NamedTuple):
    """What becomes of the records.

    taken: at most MOST_ENTRIES entries together, the smallest record first.
    postponed: come back as they are, because others fill the invocation.
    oversized: as they came; too large for any invocation.
    """

    taken: list[Record]
    postponed: list[Record]
    oversized: list[object]


def admit(payload: object) -> Admission:
    """Takes the smallest records, and these first, so that a large one does not cost its neighbours."""
    taken: list[Record] = []
    postponed: list[Record] = []
    oversized: list[object] = []
    for raw in raw_records(payload):
        record = Record.read(raw, MOST_ENTRIES)
        if record.is_cut:
            # Not kept: its entries would fill the memory.
            oversized.append(raw)
            continue
        taken.append(record)
        while sum(len(other.entries) for other in taken) > MOST_ENTRIES:
            largest = max(taken, key=lambda other: len(other.entries))
            taken.remove(largest)
            largest.entries = ()
            postponed.append(largest)
    taken.sort(key=lambda record: len(record.entries))
    return Admission(taken, postponed, oversized)
