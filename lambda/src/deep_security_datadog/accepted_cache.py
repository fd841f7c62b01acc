"""Remembers what was accepted, so that a record that is delivered again does not send it twice.

SQS and Lambda may deliver a record twice. Records also come back whole with direct delivery, and when a remainder could
not be put into the queue. The cache lives as long as the execution environment. In another one, accepted events are
sent twice, which is better than losing the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from .envelope import Record
from .outcome import Answer, Outcome

_MOST_RECORDS = 1000

# For each entry of a record its accepted answers by destination; None for a settled record.
_Accepted: TypeAlias = list[dict[str, Answer]] | None


class AcceptedCache:
    """Accepted answers by record; the oldest records are dropped first."""

    def __init__(self) -> None:
        self._records: dict[str, _Accepted] = {}

    def keep(self, record: Record) -> None:
        """Remembers the accepted answers of a record that will come back."""
        accepted = [
            {
                destination: Answer(answer.outcome, answer.status)
                for destination, answer in entry.answers.items()
                if answer.outcome is Outcome.ACCEPTED
            }
            for entry in record.entries
        ]
        if any(accepted):
            self._put(_name(record), accepted)

    def keep_settled(self, record: Record) -> None:
        """Remembers that nothing is left to do.

        By SQS id only: somebody who invokes the function by hand with the same notification wants it sent.
        """
        if record.record_id is not None:
            self._put(_name(record), None)

    def is_settled(self, record: Record) -> bool:
        return self._records.get(_name(record), []) is None

    def restore(self, records: Sequence[Record]) -> None:
        """Gives the entries of these records their accepted answers back, and forgets them."""
        for record in records:
            for entry, accepted in zip(record.entries, self._records.pop(_name(record), None) or (), strict=False):
                entry.answers.update(accepted)

    def _put(self, name: str, accepted: _Accepted) -> None:
        if name:
            self._records[name] = accepted
            while len(self._records) > _MOST_RECORDS:
                del self._records[next(iter(self._records))]


def _name(record: Record) -> str:
    """The SQS message id, or the SNS message id without a queue: each stays the same when a record comes back."""
    if record.record_id is not None:
        return f"sqs {record.record_id}"
    ids = {entry.notification.message_id for entry in record.entries}
    return f"sns {ids.pop()}" if len(ids) == 1 and ids != {""} else ""
