"""What becomes of a record, decided from the answers to its events. Pure: nothing is sent from here.

An event is settled at a destination when it was accepted, refused for good, or filtered out there.
A record is in one of three states: settled (acknowledge it), untouched (let it come back as it is), or partly settled
(put back only what is owed, then acknowledge it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .deliver import Answer, Outcome
from .envelope import DESTINATIONS_ATTRIBUTE, Entry, Notification, Record

# The default of a queue's MaximumMessageSize, attributes included:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
LARGEST_MESSAGE = 262_144
# Attributes of a refused event, and the destinations of a remainder.
_ROOM_FOR_ATTRIBUTES = 2_048
LARGEST_BODY = LARGEST_MESSAGE - _ROOM_FOR_ATTRIBUTES

# Allowed in JSON but not in an SQS message, or not in UTF-8.
_NOT_IN_SQS = re.compile("[\ud800-\udfff\ufffe\uffff]")


class Refusal(NamedTuple):
    """A message for the dead-letter queue: one event, or a text that is none."""

    body: str
    reason: str
    status: int | None = None
    origin: str = ""


class Settlement(NamedTuple):
    """What to do with a record: send the refusals, then the remainders, then acknowledge it unless `comes_back`."""

    refusals: tuple[Refusal, ...] = ()
    remainders: tuple[str, ...] = ()
    comes_back: bool = False


class Handled(NamedTuple):
    """An entry of a record with the answers of the destinations that it was sent to."""

    entry: Entry
    answers: Mapping[str, Answer]

    @property
    def owed(self) -> frozenset[str]:
        """The destinations that have not settled it."""
        return frozenset(name for name, answer in self.answers.items() if answer.outcome is Outcome.RETRY)

    @property
    def refusal(self) -> Answer | None:
        """The first refusal for good."""
        return next((answer for answer in self.answers.values() if answer.outcome is Outcome.REFUSED), None)

    @property
    def touched(self) -> bool:
        """Whether anything happened that must not happen again."""
        return bool(self.entry.problem) or any(answer.outcome is not Outcome.RETRY for answer in self.answers.values())


def settle(record: Record, handled: Sequence[Handled]) -> Settlement:
    """The settlement of a record, given each of its entries."""
    refusals = tuple(_refusals(record, handled))
    if not any(item.owed for item in handled):
        return Settlement(refusals=refusals)
    if not any(item.touched for item in handled):
        return Settlement(comes_back=True)
    return Settlement(refusals=refusals, remainders=tuple(_remainders(handled)))


def _refusals(record: Record, handled: Sequence[Handled]) -> Iterator[Refusal]:
    for item in handled:
        entry = item.entry
        origin = entry.notification.message_id or record.record_id or ""
        if entry.problem:
            yield Refusal(body=_fitting(entry.notification, entry.text), reason=entry.problem, origin=origin)
        for name, answer in item.answers.items():
            if answer.outcome is Outcome.REFUSED:
                owed_there = replace(entry.notification, destinations=frozenset((name,)))
                yield Refusal(
                    body=_fitting(owed_there, compact([entry.properties])),
                    reason=f"{name}: {answer.reason}",
                    status=answer.status,
                    origin=origin,
                )


def _remainders(handled: Sequence[Handled]) -> Iterator[str]:
    """Notifications with what is owed, grouped by where it came from and where it is to go."""
    groups: dict[Notification, list[object]] = {}
    for item in handled:
        if item.owed:
            # Empty answers of other destinations are settled; the remainder names those that are not.
            notification = replace(item.entry.notification, destinations=item.owed)
            groups.setdefault(notification, []).append(item.entry.properties)
    for notification, events in groups.items():
        yield from _split(notification, events)


def _split(notification: Notification, events: Sequence[object]) -> Iterator[str]:
    body = notification_body(notification, compact(events))
    if len(events) > 1 and len(body.encode()) > LARGEST_BODY:
        half = len(events) // 2
        yield from _split(notification, events[:half])
        yield from _split(notification, events[half:])
    else:
        yield body


def _fitting(notification: Notification, message: str) -> str:
    """The message with its envelope; without it where only so it fits into the queue."""
    body = notification_body(notification, message)
    return body if len(body.encode()) <= LARGEST_BODY or not message else _NOT_IN_SQS.sub("\ufffd", message)


def notification_body(notification: Notification, message: str) -> str:
    """An SQS body as SNS would have written it, with the id and time of the original."""
    envelope: dict[str, object] = {
        "Type": "Notification",
        "MessageId": notification.message_id,
        "TopicArn": notification.topic_arn,
        "Message": message,
        "Timestamp": notification.timestamp,
    }
    if notification.destinations is not None:
        names = ",".join(sorted(notification.destinations))
        envelope["MessageAttributes"] = {DESTINATIONS_ATTRIBUTE: {"Type": "String", "Value": names}}
    return compact(envelope)


def compact(value: object) -> str:
    """JSON as short as it gets that is also legal UTF-8 and legal in SQS."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NOT_IN_SQS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
