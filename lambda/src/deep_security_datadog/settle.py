"""Decides what to do with a record from the answers that its entries carry. Pure: nothing is sent from here.

An entry is settled with a destination that accepted it, refused it for good, or filtered it out. A record is settled
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
# Room for the attributes of a refusal and the destinations of a remainder.
_ROOM_FOR_ATTRIBUTES = 2_048
LARGEST_BODY = LARGEST_MESSAGE - _ROOM_FOR_ATTRIBUTES

# Allowed in JSON but not in an SQS message, or not in UTF-8.
_NOT_IN_SQS = re.compile("[\ud800-\udfff\ufffe\uffff]")


class Refusal(NamedTuple):
    """A message for the dead-letter queue: an event, or text that is none.

    origin: the SNS message id, else the SQS message id.
    """

    body: str
    reason: str
    status: int | None = None
    origin: str = ""


class Remainder(NamedTuple):
    """A message for the queue: a notification with the events that are left.

    generation: how many remainders led to it, including itself.
    """

    body: str
    generation: int


class Settlement(NamedTuple):
    """Send the refusals and remainders, then acknowledge the record, unless it comes back.

    retry_after: seconds that Datadog asked to wait before what is left is retried.
    """

    refusals: tuple[Refusal, ...] = ()
    remainders: tuple[Remainder, ...] = ()
    comes_back: bool = False
    retry_after: float = 0.0


def settle(record: Record) -> Settlement:
    """The settlement of a record once all answers are in."""
    if not any(entry.unsettled for entry in record.entries):
        return Settlement(refusals=tuple(_refusals(record)))
    retry_after = max(answer.retry_after for entry in record.entries for answer in entry.answers.values())
    # Without a queue there is nowhere to put a remainder: Lambda delivers the whole record again.
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
    """The unsettled events, in notifications of the next generation."""
    groups = _grouped((entry, entry.unsettled) for entry in entries)
    for notification, events in groups.items():
        yield from _fitting_remainders(notification._replace(generation=notification.generation + 1), events)


def split(record: Record, destinations: Collection[str], *, most_entries: int) -> Settlement:
    """The settlement of a record with more entries than an invocation takes: the same events in smaller messages.

    They keep their generation, so they are not delayed like events that Datadog did not accept.
    destinations: names of all that are configured. One that accepted an event already does not get it again.
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
    """The events that some destination still needs, by a notification that names these destinations."""
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
    """The message in its notification, or alone where the queue would not take both."""
    body = notification_body(notification, message)
    return body if len(body.encode()) <= LARGEST_BODY or not message else _NOT_IN_SQS.sub("\ufffd", message)


def notification_body(notification: Notification, message: str) -> str:
    """The SQS body as SNS would write it, with the original id and time."""
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
    """Compact JSON in characters that UTF-8 and SQS allow."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NOT_IN_SQS.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
