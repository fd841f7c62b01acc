"""Remembers what is settled of a record: SQS and Lambda may deliver it twice, and may wait whole.

In another execution environment, accepted events are sent twice, which is better than losing the others.
"""

import hashlib

from .delivery import Debt, Delivery
from .envelope import Record

# Together some megabytes.
MOST_RECORDS = 1_000
MOST_DEBTS = 20_000


class AcceptedCache:
    """Settled debts by the digest of a record that waits; by the SQS id one that owes nothing. The oldest go first."""

    def __init__(self) -> None:
        self._settled: dict[str, frozenset[Debt]] = {}

    def is_settled(self, record: Record) -> bool:
        """Whether nothing is left to do. By SQS id only: who invokes the function by hand wants the events sent."""
        return record.record_id in self._settled

    def settled_of(self, record: Record) -> frozenset[Debt]:
        """What was settled when the record came before."""
        return self._settled.get(_digest(record), frozenset())

    def remember(self, delivery: Delivery) -> None:
        """Remembers what is settled of a record that waits, or that nothing is owed of it any more."""
        record, name = delivery.record, _digest(delivery.record)
        self._settled.pop(name, None)
        if delivery.debts and name:
            self._settled[name] = delivery.settled
        elif not delivery.debts and record.record_id:
            self._settled[record.record_id] = frozenset()
        while len(self._settled) > MOST_RECORDS or sum(map(len, self._settled.values())) > MOST_DEBTS:
            del self._settled[next(iter(self._settled))]


def _digest(record: Record) -> str:
    """A digest of its ids and of all it holds, because debts name places; empty if a part has no id."""
    entries = [(entry.notification.message_id, entry.text) for entry in record.entries]
    is_named = record.record_id or all(message_id for message_id, _ in entries)
    return hashlib.sha256(repr((record.record_id, entries)).encode()).hexdigest() if is_named else ""
