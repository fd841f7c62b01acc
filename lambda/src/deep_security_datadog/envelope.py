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
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

from .outcome import Answer, Outcome
from .values import integer, time_of

JsonObject: TypeAlias = Mapping[str, Any]

# Message attributes of a remainder, otherwise an ordinary notification: the destinations that still need it, and how
# many remainders led to it.
DESTINATIONS_ATTRIBUTE = "DeepSecurityDatadogDestinations"
GENERATION_ATTRIBUTE = "DeepSecurityDatadogGeneration"

# Other messages that SNS sends: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
_CONTROL_TYPES = frozenset(("SubscriptionConfirmation", "UnsubscribeConfirmation"))

_LONGEST_ATTRIBUTE = 200
# The backoff stops growing long before.
_MOST_GENERATIONS = 10_000
# Python's limit for converting an integer: https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation
_MOST_DIGITS = 4300
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_TOPIC_ARN = re.compile(r"arn:[a-z0-9-]{1,30}:sns:[a-z0-9-]{1,30}:[0-9]{12}:[A-Za-z0-9_-]{1,256}")


class Notification(NamedTuple):
    """What SNS says about a message; empty strings where it says nothing usable, as with raw delivery.

    timestamp: when SNS received the message (ISO 8601, UTC).
    destinations: names of those that still need the message, None = all. generation: of a remainder, else 0.
    """

    message_id: str = ""
    topic_arn: str = ""
    timestamp: str = ""
    destinations: frozenset[str] | None = None
    generation: int = 0

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
    """One element of a message, an event or text that is none, and what became of it.

    problem: why the text is no event; empty for an event.
    answers: by destination. A destination without one does not need the entry, or its filter dropped it.
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

    def is_open(self, destination: str, destinations: Collection[str]) -> bool:
        """Whether the destination still needs this entry.

        destinations: all that are configured. An entry that names none of them is for all of them.
        """
        owed = self.notification.destinations
        if owed is not None and owed.isdisjoint(destinations):
            owed = None
        return destination not in self.answers and (owed is None or destination in owed)

    @property
    def unsettled(self) -> frozenset[str]:
        """The destinations to retry."""
        return frozenset(name for name, answer in self.answers.items() if answer.outcome is Outcome.RETRY)

    @property
    def is_untouched(self) -> bool:
        """Whether all of it can be done again without doing anything twice."""
        return not self.problem and all(answer.outcome is Outcome.RETRY for answer in self.answers.values())


class Record:
    """What Lambda acknowledges or retries as one.

    record_id: the SQS message id, None without a queue. receipt_handle, receives: of SQS, empty and 1 without a queue.
    is_cut: whether it has more entries than were asked for.
    """

    __slots__ = ("entries", "is_cut", "receipt_handle", "receives", "record_id")

    def __init__(self, record_id: str | None, entries: tuple[Entry, ...]) -> None:
        self.record_id = record_id
        self.entries = entries
        self.receipt_handle = ""
        self.receives = 1
        self.is_cut = False

    @classmethod
    def read(cls, raw: object, most_entries: int = sys.maxsize) -> Record:
        """Reads a record of a Lambda event, up to `most_entries`."""
        entries = _entries(raw, Notification())
        sqs = raw if isinstance(raw, Mapping) and raw.get("eventSource") == "aws:sqs" else {}
        record = cls(_text(sqs.get("messageId")) or None, tuple(islice(entries, most_entries)))
        record.is_cut = next(entries, None) is not None
        record.receipt_handle = _text(sqs.get("receiptHandle"))
        attributes = sqs.get("attributes")
        receives = attributes.get("ApproximateReceiveCount") if isinstance(attributes, Mapping) else None
        record.receives = integer(receives) or 1
        return record

    @property
    def name(self) -> str:
        """Its name in the log: the SNS message id, else the SQS message id."""
        return next((entry.notification.message_id for entry in self.entries), "") or self.record_id or ""


def raw_records(payload: object) -> list[object]:
    """The records of a Lambda event, unread; the event itself if it has none."""
    records = payload.get("Records") if isinstance(payload, Mapping) else None
    return records if isinstance(records, list) else [payload]


def open_envelope(payload: object) -> tuple[Record, ...]:
    """The records of a Lambda event. Raises nothing: what cannot be read becomes an entry with a `problem`."""
    return tuple(Record.read(raw) for raw in raw_records(payload))


def _entries(value: object, notification: Notification) -> Iterator[Entry]:
    """The elements of a message in any known wrapping."""
    match value:
        case {"eventSource": "aws:sqs", "body": str(body)}:
            yield from _parsed(body, notification)
        case {"Sns": {"Message": str(message)} as sns}:
            yield from _parsed(message, _outermost(notification, sns))
        case {"Type": "Notification", "Message": str(message), **rest}:
            yield from _parsed(message, _outermost(notification, rest))
        case {"requestContext": dict(), "requestPayload": request}:
            yield from _entries(request, notification)
        case {"Records": list(records)}:
            for record in records:
                yield from _entries(record, notification)
        case _:
            yield from _elements(value if isinstance(value, list) else [value], notification)


def _elements(elements: list[Any], notification: Notification) -> Iterator[Entry]:
    """The events, then everything else as one entry, because it becomes one refusal."""
    others = []
    for element in elements:
        if isinstance(element, dict) and _text(element.get("Type")) not in _CONTROL_TYPES:
            yield Entry(notification, element)
        else:
            others.append(element)
    if others:
        names = {str: "a string", bool: "a boolean", type(None): "null", list: "an array", dict: "a message of SNS"}
        problem = f"{names.get(type(others[0]), 'a number')} where an event (a JSON object) was expected"
        if len(others) > 1:
            problem += f"; {len(others)} such elements"
        yield Entry(notification, text=json.dumps(others if len(elements) > 1 else others[0]), problem=problem)


def _parsed(text: str, notification: Notification) -> Iterator[Entry]:
    try:
        yield from _entries(_json(text.removeprefix("\ufeff")), notification)
    except (ValueError, RecursionError) as error:
        # The parser's message gives a position, no content.
        detail = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        yield Entry(notification, text=text, problem=f"not readable as JSON ({detail})")


def _json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=str, parse_float=_finite)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # An integer with more digits than Python converts stays text.
        return json.loads(text, parse_constant=str, parse_float=_finite, parse_int=_short_integer)


def _finite(text: str) -> float | str:
    """A number, or the text where a float would be infinite, which JSON cannot express."""
    value = float(text)
    return value if isfinite(value) else text


def _short_integer(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def _outermost(notification: Notification, value: Mapping[Any, Any]) -> Notification:
    """The outermost notification. One inside a message was written by its publisher and is not trusted."""
    if notification != Notification():
        return notification
    attributes = value.get("MessageAttributes")
    destinations = _attribute(attributes, DESTINATIONS_ATTRIBUTE)
    return Notification(
        message_id=_matching(_ID, value.get("MessageId")),
        topic_arn=_matching(_TOPIC_ARN, value.get("TopicArn")),
        timestamp=_text(value.get("Timestamp"))[:40],
        destinations=frozenset(destinations.split(",")) if destinations else None,
        generation=min(max(0, integer(_attribute(attributes, GENERATION_ATTRIBUTE)) or 0), _MOST_GENERATIONS),
    )


def _attribute(attributes: object, name: str) -> str:
    attribute = attributes.get(name) if isinstance(attributes, Mapping) else None
    return _text(attribute.get("Value"))[:_LONGEST_ATTRIBUTE] if isinstance(attribute, Mapping) else ""


def _matching(form: re.Pattern[str], value: object) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
