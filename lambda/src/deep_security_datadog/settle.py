"""What to do with a record, decided from the answers that its entries carry. Pure: nothing is sent from here.

A destination settles an entry by accepting it, refusing it for good, or filtering it out. A record is settled
(acknowledge it), untouched (let it come back as it is) or partly settled (put back what is left, then acknowledge it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from .envelope import DESTINATIONS_ATTRIBUTE, GENERATION_ATTRIBUTE, Entry, Notification, Record
from .outcome import Outcome

# Bytes, attributes included: what Terraform sets for a queue (docs/reference/aws-limits.md#sqs).
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


class Remainder(NamedTuple):
    """A message for the queue: a notification with the events that are left.

    generation: how many remainders led to it, itself included.
    """

    body: str
    generation: int


class Settlement(NamedTuple):
    """Send the refusals and the remainders, then acknowledge the record, unless it comes back.

    retry_after: seconds that Datadog asked to wait, for what is left.
    """

    refusals: tuple[Refusal, ...] = ()
    remainders: tuple[Remainder, ...] = ()
    comes_back: bool = False
    retry_after: float = 0.0


def settle(record: Record) -> Settlement:
    """The settlement of a record whose entries have all answers."""
    if not any(entry.unsettled for entry in record.entries):
        return Settlement(refusals=tuple(_refusals(record)))
    retry_after = max(answer.retry_after for entry in record.entries for answer in entry.answers.values())
    # Without a queue there is no place for a remainder: Lambda delivers the whole record again.
    if record.record_id is None or all(entry.is_untouched for entry in record.entries):
        return Settlement(comes_back=True, retry_after=retry_after)
    return Settlement(tuple(_refusals(record)), tuple(_remainders(record.entries)), retry_after=retry_after)


def _refusals(record: Record) -> Iterator[Refusal]:
    for entry in record.entries:
        origin = entry.notification.message_id or record.record_id or ""
        if entry.problem:
            yield Refusal(_fitting(entry.notification, entry.text), entry.problem, origin=origin)
        for destination, answer in entry.answers.items():
            if answer.outcome is Outcome.REFUSED:
                notification = entry.notification._replace(destinations=frozenset((destination,)), generation=0)
                body = _fitting(notification, compact([entry.properties]))
                yield Refusal(body, f"{destination}: {answer.reason}", answer.status, origin)


def _remainders(entries: Iterable[Entry]) -> Iterator[Remainder]:
    """Notifications with the unsettled events."""
    groups = _grouped((entry, entry.unsettled) for entry in entries)
    for notification, events in groups.items():
        yield from _fitting_remainders(notification._replace(generation=notification.generation + 1), events)


def split(record: Record, destinations: Collection[str], *, most_entries: int) -> Settlement:
    """The settlement of a record that has more entries than an invocation takes: smaller messages of the same events.

    They keep the generation, so that they are not delayed like what Datadog did not take.
    destinations: names of all that are configured. Those that accepted an event already do not get it again.
    """
    groups = _grouped(
        (entry, frozenset(name for name in destinations if entry.is_open(name, destinations)))
        for entry in record.entries
        if not entry.problem
    )
    remainders = [
        remainder
        for notification, events in groups.items()
        for start in range(0, len(events), most_entries)
        for remainder in _fitting_remainders(notification, events[start : start + most_entries])
    ]
    return Settlement(tuple(_refusals(record)), tuple(remainders))


def _grouped(owed: Iterable[tuple[Entry, frozenset[str]]]) -> dict[Notification, list[object]]:
    """The events that are owed to any destination, by a notification that names these destinations."""
    groups: dict[Notification, list[object]] = {}
    for entry, destinations in owed:
        if destinations:
            notification = entry.notification._replace(destinations=destinations)
            groups.setdefault(notification, []).append(entry.properties)
    return groups


def _fitting_remainders(notification: Notification, events: Sequence[object]) -> Iterator[Remainder]:
    body = notification_body(notification, compact(events))
    if len(events) > 1 and len(body.encode()) > LARGEST_BODY:
        half = len(events) // 2
        yield from _fitting_remainders(notification, events[:half])
        yield from _fitting_remainders(notification, events[half:])
    else:
        yield Remainder(body, notification.generation)


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
    attributes = {}
    if notification.destinations is not None:
        attributes[DESTINATIONS_ATTRIBUTE] = ",".join(sorted(notification.destinations))
    if notification.generation:
        attributes[GENERATION_ATTRIBUTE] = str(notification.generation)
    if attributes:
        envelope["MessageAttributes"] = {name: {"Type": "String", "Value": value} for name, value in attributes.items()}
    return compact(envelope)


def compact(value: object) -> str:
    """Compact JSON that is legal UTF-8 and legal in SQS."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NOT_IN_SQS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
