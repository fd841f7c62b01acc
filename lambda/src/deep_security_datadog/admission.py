"""Which records of a Lambda event an invocation takes, so that its memory and time are bounded whatever they hold."""

from __future__ import annotations

from typing import NamedTuple

from .envelope import Record, raw_records

# More than an invocation of 30 s sends, and than ten messages of ordinary events hold; an event takes 6 KB of memory.
MOST_ENTRIES = 5_000
# Of a message that is split: ten such messages, a whole batch, fit into an invocation.
MOST_SPLIT_ENTRIES = MOST_ENTRIES // 10


class Admission(NamedTuple):
    """What becomes of the records.

    taken: at most MOST_ENTRIES entries together, the smallest record first.
    oversized: as they came. They do not fit, and are split, so that they do not come back again and again.
    """

    taken: list[Record]
    oversized: list[object]


def admit(payload: object) -> Admission:
    """Takes the smallest records, and these first, so that a large one does not cost its neighbours."""
    taken: list[tuple[Record, object]] = []
    oversized: list[object] = []
    for raw in raw_records(payload):
        record = Record.read(raw, MOST_ENTRIES)
        if record.is_cut:
            # Not kept: its entries would fill the memory.
            oversized.append(raw)
            continue
        taken.append((record, raw))
        taken.sort(key=lambda pair: len(pair[0].entries))
        while sum(len(other.entries) for other, _ in taken) > MOST_ENTRIES:
            oversized.append(taken.pop()[1])
    return Admission([record for record, _ in taken], oversized)
