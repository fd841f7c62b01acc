"""Remembers what is settled of a record: SQS and Lambda may deliver it twice, and records may wait whole.

In another execution environment, accepted events are sent twice, which is better than losing the others.
"""

import hashlib
from collections import deque

from .delivery import Debt, Delivery
from .envelope import Record

# Together some megabytes.
MOST_RECORDS = 1_000
MOST_DEBTS = 20_000


class AcceptedCache:
    """The ids of records that owe nothing, and settled debts of those that wait. The oldest go first."""

    def __init__(self) -> None:
        self._ids: deque[str] = deque(maxlen=MOST_RECORDS)
        self._debts: dict[str, frozenset[Debt]] = {}

    def is_settled(self, record: Record) -> bool:
        """Whether nothing is left to do. By SQS id only: who invokes the function by hand wants the events sent."""
        return record.record_id in self._ids

    def settled_of(self, record: Record) -> frozenset[Debt]:
        """What was settled when the record came before."""
        return self._debts.get(_digest(record), frozenset()) if self._debts else frozenset()

    def remember(self, delivery: Delivery) -> None:
        """Remembers what is settled of a record that waits, or that nothing is owed of it any more."""
        record_id = delivery.record.record_id
        digest = _digest(delivery.record) if self._debts or delivery.debts else ""
        self._debts.pop(digest, None)
        if not delivery.debts and record_id:
            self._ids.append(record_id)
        elif delivery.debts and delivery.settled and digest:
            self._debts[digest] = delivery.settled
            while sum(map(len, self._debts.values())) > MOST_DEBTS:
                del self._debts[next(iter(self._debts))]


def _digest(record: Record) -> str:
    """A digest of its ids and of all it holds, because debts name places; empty if a part has no id."""
    entries = [(entry.notification.message_id, entry.text) for entry in record.entries]
    is_named = record.record_id or all(message_id for message_id, _ in entries)
    return hashlib.sha256(repr((record.record_id, entries)).encode()).hexdigest() if is_named else ""
