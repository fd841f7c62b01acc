"""Remembers what is settled of a record: SQS and Lambda may deliver it twice, and records come back whole.

In another execution environment, accepted events are sent twice, which is better than losing the others.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import count
from typing import TypeAlias

from .delivery import Debt, Delivery
from .envelope import Record

# Together some megabytes.
MOST_RECORDS = 1_000
MOST_DEBTS = 20_000

# What an entry says, and how many before it say the same. Not its place: other messages can have the same SNS id.
_Content: TypeAlias = tuple[bytes, int]


class AcceptedCache:
    """Settled debts by record; the oldest records are dropped first."""

    def __init__(self) -> None:
        self._settled: deque[str] = deque(maxlen=MOST_RECORDS)
        self._debts: dict[str, frozenset[tuple[_Content, str | None]]] = {}

    def is_settled(self, record: Record) -> bool:
        """Whether nothing is left to do. By SQS id only: who invokes the function by hand wants the events sent."""
        return record.record_id in self._settled

    def settled_of(self, record: Record) -> frozenset[Debt]:
        """What was settled when the record came before."""
        known = self._debts.get(_name(record), frozenset())
        places = {content: place for place, content in enumerate(_contents(record))} if known else {}
        return frozenset((places[content], destination) for content, destination in known if content in places)

    def keep(self, delivery: Delivery) -> None:
        """Remembers what is settled of a record that comes back, or that nothing is owed of it any more."""
        name, record_id = _name(delivery.record), delivery.record.record_id
        self._debts.pop(name, None)
        if not delivery.debts and record_id:
            self._settled.append(record_id)
        elif delivery.debts and name and delivery.settled:
            contents = _contents(delivery.record)
            self._debts[name] = frozenset((contents[place], destination) for place, destination in delivery.settled)
        while sum(map(len, self._debts.values())) > MOST_DEBTS:
            del self._debts[next(iter(self._debts))]


def _contents(record: Record) -> list[_Content]:
    numbers: defaultdict[bytes, Iterator[int]] = defaultdict(count)
    digests = [hashlib.sha256(entry.text.encode("utf-8", "surrogatepass")).digest() for entry in record.entries]
    return [(digest, next(numbers[digest])) for digest in digests]


def _name(record: Record) -> str:
    """The SQS message id, or the SNS message id without a queue: each stays the same when a record comes back."""
    if record.record_id is not None:
        return f"sqs {record.record_id}"
    ids = {entry.notification.message_id for entry in record.entries}
    return f"sns {ids.pop()}" if len(ids) == 1 and ids != {""} else ""
