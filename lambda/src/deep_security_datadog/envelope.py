"""From what Lambda hands over to Deep Security events, whatever they are wrapped in.

Understood forms, each to any depth in which AWS combines them:

* SNS records (direct delivery) and SQS records whose body is an SNS notification (the queue);
* an SQS body or an invocation that is the bare message (raw delivery, a hand-made test);
* what a redrive of the dead-letter queue brings: notifications, refused events,
  and the record of a failed asynchronous invocation (`requestPayload`), see
  https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html.

A Deep Security message is a JSON array of events; old managers sent one object
(reference: deep-security-events, section 1.1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

from .values import time_of

JsonObject: TypeAlias = Mapping[str, Any]

# The names of the destinations that an event is still owed to, in a remainder of ours.
# It sits where SNS itself puts message attributes, so that a remainder is an ordinary notification.
DESTINATIONS_ATTRIBUTE = "destinations"


@dataclass(frozen=True, kw_only=True)
class Notification:
    """What SNS says around a message.

    `timestamp` is when SNS received it (ISO 8601, UTC). `destinations` is None when all are owed.
    Empty strings stand for what is not known, as with raw delivery.
    """

    message_id: str = ""
    topic_arn: str = ""
    timestamp: str = ""
    destinations: frozenset[str] | None = None

    @cached_property
    def account_id(self) -> str:
        """The AWS account that owns the topic, empty when it is not known."""
        parts = self.topic_arn.split(":")
        return parts[4] if len(parts) > 5 else ""

    @cached_property
    def time(self) -> datetime | None:
        """When SNS received it, None when that is not known."""
        return time_of(self.timestamp)


class Entry(NamedTuple):
    """One element of a message: an event's properties, or the text that is none and why."""

    notification: Notification
    properties: JsonObject | None = None
    text: str = ""
    problem: str = ""


class Record(NamedTuple):
    """What Lambda gets an acknowledgement for. `record_id` is the SQS message id, None without a queue."""

    record_id: str | None
    entries: tuple[Entry, ...]


def open_envelope(payload: object) -> tuple[Record, ...]:
    """Takes a Lambda event apart. Raises nothing: what cannot be read becomes an entry with a `problem`."""
    records = payload.get("Records") if isinstance(payload, Mapping) else None
    if not isinstance(records, list):
        return (_record(None, payload),)
    return tuple(
        _record(_text(record.get("messageId")) or None, record)
        if isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs"
        else _record(None, record)
        for record in records
    )


def _record(record_id: str | None, value: object) -> Record:
    return Record(record_id=record_id, entries=tuple(_entries(value, Notification())))


def _entries(value: object, around: Notification) -> Iterator[Entry]:
    """Each element of a message, whatever of the known forms it is wrapped in."""
    match value:
        case {"eventSource": "aws:sqs", "body": str(body)}:
            yield from _parsed(body, around)
        case {"Sns": {"Message": str(message)} as notification}:
            yield from _parsed(message, _notification(notification))
        case {"Type": "Notification", "Message": str()}:
            yield from _entries({"Sns": value}, around)
        case {"requestContext": dict(), "requestPayload": request}:
            yield from _entries(request, around)
        case {"Records": list(records)}:
            for record in records:
                yield from _entries(record, around)
        case dict():
            yield Entry(notification=around, properties=value)
        case list():
            for element in value:
                yield from _elements(element, around)
        case _:
            yield _not_an_event(value, around)


def _elements(element: object, around: Notification) -> Iterator[Entry]:
    if isinstance(element, dict):
        yield Entry(notification=around, properties=element)
    else:
        yield _not_an_event(element, around)


def _parsed(text: str, around: Notification) -> Iterator[Entry]:
    try:
        yield from _entries(json.loads(text, parse_constant=str, parse_float=_finite), around)
    except (ValueError, RecursionError) as error:
        # The parser's message quotes no content; its position helps to find the fault.
        detail = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        yield Entry(notification=around, text=text, problem=f"not readable as JSON ({detail})")


def _finite(text: str) -> float | str:
    """A number as it stands; as text where it would become infinite, which JSON cannot say."""
    value = float(text)
    return value if isfinite(value) else text


def _not_an_event(value: object, around: Notification) -> Entry:
    kind = {str: "a string", bool: "a boolean", type(None): "null", list: "an array"}.get(type(value), "a number")
    problem = f"{kind} where an event (a JSON object) was expected"
    return Entry(notification=around, text=json.dumps(value), problem=problem)


def _notification(value: JsonObject) -> Notification:
    return Notification(
        message_id=_text(value.get("MessageId")),
        topic_arn=_text(value.get("TopicArn")),
        timestamp=_text(value.get("Timestamp")),
        destinations=_destinations(value.get("MessageAttributes")),
    )


def _destinations(attributes: object) -> frozenset[str] | None:
    match attributes:
        case {"destinations": {"Value": str(names)}} if names:
            return frozenset(names.split(","))
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
