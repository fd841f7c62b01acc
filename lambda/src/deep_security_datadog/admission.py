"""Bounds the memory and time of an invocation: which records of a Lambda event it takes."""

from __future__ import annotations

from typing import NamedTuple

from .envelope import Record, raw_records

# More than 30 s are enough for, and more than ten ordinary messages hold. An event takes 6 KB of memory.
MOST_ENTRIES = 5_000
# Size of the parts of a split message: ten of them, a whole batch, fit into an invocation.
MOST_SPLIT_ENTRIES = MOST_ENTRIES // 10


class Admission(NamedTuple):
    """The records to handle now, and those to split.

    taken: smallest record first, at most MOST_ENTRIES entries together.
    oversized: unread records that do not fit. They are split, or they would come back again and again.
    """

    taken: list[Record]
    oversized: list[object]


def admit(payload: object) -> Admission:
    """Takes the smallest records first, so that a large one does not delay its neighbours."""
    taken: list[tuple[Record, object]] = []
    oversized: list[object] = []
    for raw in raw_records(payload):
        record = Record.read(raw, MOST_ENTRIES)
        if record.is_cut:
            # Keep the raw record only: its entries would fill the memory.
            oversized.append(raw)
            continue
        taken.append((record, raw))
        taken.sort(key=lambda pair: len(pair[0].entries))
        while sum(len(other.entries) for other, _ in taken) > MOST_ENTRIES:
            oversized.append(taken.pop()[1])
    return Admission([record for record, _ in taken], oversized)
