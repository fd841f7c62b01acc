"""What was accepted of records that had to come back as a whole, so that it is not sent again.

Records come back as a whole with direct delivery, and where a remainder could not be put into the queue. This lasts as
long as the execution environment: where the record comes back to another one, its accepted events are doubled, which
is the lesser evil.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from .deliver import Answer, Outcome
from .envelope import Record
from .settle import Handled

# By record number, entry number and destination.
Answers: TypeAlias = dict[tuple[int, int, str], Answer]

_MOST_RECORDS = 1000


class Memory:
    """Accepted answers by record, the oldest records forgotten first."""

    def __init__(self) -> None:
        self._records: dict[str, Mapping[tuple[int, str], Answer]] = {}

    def keep(self, record: Record, handled: Sequence[Handled]) -> None:
        """Remembers what was accepted of a record that comes back."""
        accepted = {
            (number, destination): Answer(outcome=answer.outcome, status=answer.status)
            for number, item in enumerate(handled)
            for destination, answer in item.answers.items()
            if answer.outcome is Outcome.ACCEPTED
        }
        name = _name(record)
        if name and accepted:
            self._records[name] = accepted
            while len(self._records) > _MOST_RECORDS:
                del self._records[next(iter(self._records))]

    def answers(self, records: Sequence[Record]) -> Answers:
        """What is known of these records, which are forgotten by that."""
        return {
            (record_number, entry_number, destination): answer
            for record_number, record in enumerate(records)
            for (entry_number, destination), answer in self._records.pop(_name(record), {}).items()
        }


def _name(record: Record) -> str:
    """The SQS message id, or without a queue the SNS message id: both stay the same when a record comes back."""
    if record.record_id is not None:
        return f"sqs {record.record_id}"
    ids = {entry.notification.message_id for entry in record.entries}
    return f"sns {ids.pop()}" if len(ids) == 1 and ids != {""} else ""
