"""Unwraps a Lambda event into Deep Security events.

Understood, nested in any way in which AWS combines them:

* SNS records (direct delivery) and SQS records whose body is an SNS notification (the queue);
* the bare message as an SQS body or as the whole Lambda event (raw delivery, a test by hand);
* what a redrive of the dead-letter queue brings: notifications, refused events, and the record of a failed
  asynchronous invocation (`requestPayload`, docs/reference/aws-limits.md#asynchronous-invocations).

A message is a JSON array of events; old managers sent a single object
(docs/reference/deep-security-events.md#messages).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

from .outcome import Answer, Outcome
from .values import time_of

JsonObject: TypeAlias = Mapping[str, Any]

# Names the destinations that a remainder is still owed to, where SNS puts message attributes: a remainder is an
# ordinary notification.
DESTINATIONS_ATTRIBUTE = "destinations"


class Notification(NamedTuple):
    """What SNS says about a message; an empty string where it says nothing, as with raw delivery.

    timestamp: when SNS received the message (ISO 8601, UTC).
    destinations: names of those that are owed the message, None = all.
    """

    message_id: str = ""
    topic_arn: str = ""
    timestamp: str = ""
    destinations: frozenset[str] | None = None

    @property
    def account_id(self) -> str:
        """The AWS account of the topic, empty if unknown."""
        parts = self.topic_arn.split(":")
        return parts[4] if len(parts) > 5 else ""

    @property
    def time(self) -> datetime | None:
        """`timestamp` as a time in UTC, None if unknown."""
        return time_of(self.timestamp)


class Entry:
    """One element of a message: the properties of an event, or text that is no event; and what became of it.

    problem: why the text is no event; empty for an event.
    answers: by destination. Without one, the destination has nothing to do with the entry (not owed, filtered out).
    """

    __slots__ = ("answers", "notification", "problem", "properties", "text")

    def __init__(
        self, notification: Notification, properties: JsonObject | None = None, *, text: str = "", problem: str = ""
    ) -> None:
        self.notification = notification
        self.properties = properties
        self.text = text
        self.problem = problem
        self.answers: dict[str, Answer] = {}

    def is_open(self, destination: str) -> bool:
        """Whether the destination is owed this entry and has not answered yet."""
        owed = self.notification.destinations
        return destination not in self.answers and (owed is None or destination in owed)

    @property
    def unsettled(self) -> frozenset[str]:
        """The destinations that it has to be sent to again."""
        return frozenset(name for name, answer in self.answers.items() if answer.outcome is Outcome.RETRY)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing happened yet that must not happen twice."""
        return not self.problem and all(answer.outcome is Outcome.RETRY for answer in self.answers.values())


class Record(NamedTuple):
    """What Lambda gets an acknowledgement for.

    record_id: the SQS message id, None without a queue.
    """

    record_id: str | None
    entries: tuple[Entry, ...]


def open_envelope(payload: object) -> tuple[Record, ...]:
    """The records of a Lambda event. Raises nothing: what cannot be read becomes an entry with a `problem`."""
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


def _entries(value: object, notification: Notification) -> Iterator[Entry]:
    """The elements of a message, whichever known form wraps it."""
    match value:
        case {"eventSource": "aws:sqs", "body": str(body)}:
            yield from _parsed(body, notification)
        case {"Sns": {"Message": str(message)} as sns}:
            yield from _parsed(message, _notification(sns))
        case {"Type": "Notification", "Message": str()}:
            yield from _entries({"Sns": value}, notification)
        case {"requestContext": dict(), "requestPayload": request}:
            yield from _entries(request, notification)
        case {"Records": list(records)}:
            for record in records:
                yield from _entries(record, notification)
        case dict():
            yield Entry(notification, value)
        case list():
            for element in value:
                yield from _elements(element, notification)
        case _:
            yield _not_an_event(value, notification)


def _elements(element: object, notification: Notification) -> Iterator[Entry]:
    if isinstance(element, dict):
        yield Entry(notification, element)
    else:
        yield _not_an_event(element, notification)


def _parsed(text: str, notification: Notification) -> Iterator[Entry]:
    try:
        yield from _entries(json.loads(text, parse_constant=str, parse_float=_finite), notification)
    except (ValueError, RecursionError) as error:
        # The parser's message has a position and no content.
        detail = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        yield Entry(notification, text=text, problem=f"not readable as JSON ({detail})")


def _finite(text: str) -> float | str:
    """A number; as text where a float would be infinite, which JSON cannot express."""
    value = float(text)
    return value if isfinite(value) else text


def _not_an_event(value: object, notification: Notification) -> Entry:
    found = {str: "a string", bool: "a boolean", type(None): "null", list: "an array"}.get(type(value), "a number")
    problem = f"{found} where an event (a JSON object) was expected"
    return Entry(notification, text=json.dumps(value), problem=problem)


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
