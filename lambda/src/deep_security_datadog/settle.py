"""What to do with a record, decided from the answers that its entries carry. Pure: nothing is sent from here.

A destination settles an entry by accepting it, refusing it for good, or filtering it out. A record is settled
(acknowledge it), untouched (let it come back as it is) or partly settled (put back what is left, then acknowledge it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .envelope import DESTINATIONS_ATTRIBUTE, Notification, Record
from .outcome import Outcome

# The default MaximumMessageSize of a queue in bytes, attributes included (docs/reference/aws-limits.md#sqs).
LARGEST_MESSAGE = 262_144
# For the attributes of a refused event, and for the destinations of a remainder.
_ROOM_FOR_ATTRIBUTES = 2_048
LARGEST_BODY = LARGEST_MESSAGE - _ROOM_FOR_ATTRIBUTES

# Allowed in JSON but not in an SQS message, or not in UTF-8.
_NOT_IN_SQS = re.compile("[\ud800-\udfff\ufffe\uffff]")


class Refusal(NamedTuple):
    """A message for the dead-letter queue: one event, or text that is no event.

    origin: the SNS message id, else the SQS message id.
    """

    body: str
    reason: str
    status: int | None = None
    origin: str = ""


class Settlement(NamedTuple):
    """Send the refusals, then the remainders, then acknowledge the record unless it comes back.

    remainders: bodies for the queue.
    """

    refusals: tuple[Refusal, ...] = ()
    remainders: tuple[str, ...] = ()
    comes_back: bool = False


def settle(record: Record) -> Settlement:
    """The settlement of a record whose entries have all answers."""
    if not any(entry.unsettled for entry in record.entries):
        return Settlement(refusals=tuple(_refusals(record)))
    if record.record_id is None:
        # Without a queue there is no place for a remainder: Lambda delivers the whole record again.
        return Settlement(comes_back=True)
    if all(entry.is_untouched for entry in record.entries):
        return Settlement(comes_back=True)
    return Settlement(refusals=tuple(_refusals(record)), remainders=tuple(_remainders(record)))


def _refusals(record: Record) -> Iterator[Refusal]:
    for entry in record.entries:
        origin = entry.notification.message_id or record.record_id or ""
        if entry.problem:
            yield Refusal(_fitting(entry.notification, entry.text), entry.problem, origin=origin)
        for destination, answer in entry.answers.items():
            if answer.outcome is Outcome.REFUSED:
                notification = entry.notification._replace(destinations=frozenset((destination,)))
                body = _fitting(notification, compact([entry.properties]))
                yield Refusal(body, f"{destination}: {answer.reason}", answer.status, origin)


def _remainders(record: Record) -> Iterator[str]:
    """Notifications with the unsettled events, grouped by notification and destinations."""
    groups: dict[Notification, list[object]] = {}
    for entry in record.entries:
        if entry.unsettled:
            notification = entry.notification._replace(destinations=entry.unsettled)
            groups.setdefault(notification, []).append(entry.properties)
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
    """The message in its notification; alone if it would not fit into the queue otherwise."""
    body = notification_body(notification, message)
    return body if len(body.encode()) <= LARGEST_BODY or not message else _NOT_IN_SQS.sub("\ufffd", message)


def notification_body(notification: Notification, message: str) -> str:
    """The SQS body that SNS would have written, with the id and time of the original."""
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
    """Compact JSON that is legal UTF-8 and legal in SQS."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NOT_IN_SQS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
