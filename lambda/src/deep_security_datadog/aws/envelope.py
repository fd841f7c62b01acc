"""Unwraps a Lambda event into Deep Security events.

Understood, nested in any way in which AWS combines them:

* SNS records (direct delivery) and SQS records whose body is an SNS notification (the queue);
* the bare message as an SQS body or as the whole Lambda event (raw delivery, a test by hand);
* what a redrive of the dead-letter queue brings: notifications, refused events, and the record of a failed
  asynchronous invocation, from Lambda or EventBridge (docs/reference/aws-limits.md#asynchronous-invocations).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from deep_security_datadog.values import integer

from . import message

# Message attributes of a remainder: the destinations that still need it, and how many remainders led to it.
DESTINATIONS_ATTRIBUTE = "DeepSecurityDatadogDestinations"
GENERATION_ATTRIBUTE = "DeepSecurityDatadogGeneration"

# Other messages that SNS sends: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
_CONTROL_TYPES = frozenset(("SubscriptionConfirmation", "UnsubscribeConfirmation"))
_KINDS = {str: "a string", bool: "a boolean", type(None): "null", list: "an array", dict: "a message of SNS"}
# A failed direct delivery that went through the queue and back has seven.
_MOST_WRAPPINGS = 12
# In a record that is redriven. SNS hands over one, and nobody shall make many messages of one.
_MOST_RECORDS = 100
_LONGEST_ATTRIBUTE = 200
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
        return self.topic_arn.split(":")[4] if self.topic_arn else ""


class Entry(NamedTuple):
    """An event, or what is none (then there is a problem), or the rest of a message, beyond the share (then neither).

    text: as it came. properties: of an event, else None. problem: why it is no event.
    """

    text: str
    notification: Notification = Notification()
    properties: Mapping[str, Any] | None = None
    problem: str = ""


class Record(NamedTuple):
    """What Lambda acknowledges or retries as one.

    record_id: the SQS message id, None without a queue. receipt_handle, receives: of SQS, empty and 1 without a queue.
    size: of its message, in characters.
    """

    record_id: str | None = None
    entries: tuple[Entry, ...] = ()
    receipt_handle: str = ""
    receives: int = 1
    size: int = 0

    @property
    def name(self) -> str:
        """Its name in the log: the SNS message id, else the SQS message id."""
        return next((entry.notification.message_id for entry in self.entries), "") or self.record_id or ""

    @property
    def is_cut(self) -> bool:
        """Whether a part of it is beyond the share of this invocation."""
        return any(entry.properties is None and not entry.problem for entry in self.entries)

    @property
    def attempts(self) -> int:
        """How often its events were tried, this time included."""
        return self.receives + max((entry.notification.generation for entry in self.entries), default=0)


def raw_records(payload: object) -> list[object]:
    """The records of a Lambda event, unread; the event itself if it has none."""
    records = payload.get("Records") if isinstance(payload, dict) else None
    return records if isinstance(records, list) else [payload]


def without_entries(raw: object) -> Record:
    """The record, unread."""
    match raw:
        case {"eventSource": "aws:sqs", "messageId": str(record_id), **rest}:
            attributes = rest.get("attributes")
            receives = attributes.get("ApproximateReceiveCount") if isinstance(attributes, Mapping) else None
            size = len(_text(rest.get("body")))
            return Record(record_id or None, (), _text(rest.get("receiptHandle")), integer(receives) or 1, size)
        case {"Sns": {"Message": str(text)}}:
            return Record(size=len(text))
    return Record()


def read(raw: object, most_entries: int) -> Record:
    """The record with its entries, at most `most_entries` events; what is beyond them is one entry.

    What cannot be read becomes an entry with a problem. Raises RecursionError for a value that is nested too deeply to
    be written again, which Lambda handed over.
    """
    entries: list[Entry] = []
    most = most_entries
    for text, notification, problem in _messages(raw):
        found = [Entry(text, notification, None, problem)] if problem else _entries(text, notification, most)
        most -= sum(entry.properties is not None for entry in found)
        entries += found
    return without_entries(raw)._replace(entries=tuple(entries))


def _messages(raw: object) -> Iterator[tuple[str, Notification, str]]:
    """The texts of the messages in a record, each with what is wrong with it, if anything."""
    # No recursion, because whoever sends chooses the nesting.
    waiting: list[tuple[object, Notification, int]] = [(raw, Notification(), 0)]
    while waiting:
        value, notification, wrappings = waiting.pop()
        text, problem, inner = value if isinstance(value, str) else None, "", list[object]()
        try:
            if text is None or not message.is_array(text):
                inner, notification = _unwrapped(value if text is None else message.read(text), notification)
        except message.Unreadable as error:
            problem = str(error)
        if inner and wrappings == _MOST_WRAPPINGS:
            problem = f"wrapped more than {_MOST_WRAPPINGS} times"
        elif inner:
            waiting += [(one, notification, wrappings + 1) for one in reversed(inner)]
            continue
        yield (message.write(value) if text is None else text), notification, problem


def _unwrapped(value: object, notification: Notification) -> tuple[list[object], Notification]:
    """What an envelope holds, as a value or as JSON text; nothing if it is the message itself. Raises Unreadable."""
    inner: list[object] = []
    match value:
        case {"eventSource": "aws:sqs", "body": str(body)}:
            inner = [body]
        case {"Sns": {"Message": str(text)} as sns}:
            inner, notification = [text], _outermost(notification, sns)
        case {"Type": "Notification", "Message": str(text), **rest}:
            inner, notification = [text], _outermost(notification, rest)
        case {"requestContext": dict(), "requestPayload": request}:
            inner = [request]
        case {"requestContext": {"condition": _}} | {"requestContext": dict(), "responseContext": _}:
            raise message.Unreadable("the record of a failed invocation, without its events")
        case {"detail-type": _, "detail": {"requestContext": dict()} as detail}:
            inner = [detail]
        case {"Records": [*records]} if all(isinstance(one, dict) and {"Sns", "body"} & one.keys() for one in records):
            if len(records) > _MOST_RECORDS:
                raise message.Unreadable(f"more than {_MOST_RECORDS} records in one")
            inner = records
    return inner, notification


def _entries(text: str, notification: Notification, most: int) -> list[Entry]:
    """The events, then everything else as one entry, because it becomes one refusal, then what is too much."""
    events: list[Entry] = []
    others: list[tuple[str, object]] = []
    left: list[Entry] = []
    try:
        for element, start, end in message.elements(text):
            if not isinstance(element, dict) or _text(element.get("Type")) in _CONTROL_TYPES:
                others.append((text[start:end], element))
            elif len(events) < most:
                events.append(Entry(text[start:end], notification, element))
            else:
                left = [Entry(f"[{text[start:]}" if message.is_array(text) else text, notification)]
                break
    except message.Unreadable as error:
        return [Entry(text, notification, None, str(error))]
    if others:
        problem = f"{_KINDS.get(type(others[0][1]), 'a number')} where an event (a JSON object) was expected"
        problem += f"; {len(others)} such elements" if len(others) > 1 else ""
        together = f"[{','.join(other for other, _ in others)}]" if events or left or len(others) > 1 else text
        left.append(Entry(together, notification, None, problem))
    return events + left


def _outermost(notification: Notification, value: Mapping[Any, Any]) -> Notification:
    """The outermost notification. One inside a message was written by its publisher and is not trusted."""
    if notification != Notification():
        return notification
    attributes = value.get("MessageAttributes")
    destinations = _attribute(attributes, DESTINATIONS_ATTRIBUTE)
    return Notification(
        message_id=_text(value.get("MessageId"), _ID),
        topic_arn=_text(value.get("TopicArn"), _TOPIC_ARN),
        timestamp=_text(value.get("Timestamp"))[:40],
        destinations=frozenset(destinations.split(",")) if destinations else None,
        generation=max(0, integer(_attribute(attributes, GENERATION_ATTRIBUTE)) or 0),
    )


def _attribute(attributes: object, name: str) -> str:
    attribute = attributes.get(name) if isinstance(attributes, Mapping) else None
    return _text(attribute.get("Value"))[:_LONGEST_ATTRIBUTE] if isinstance(attribute, Mapping) else ""


def _text(value: object, form: re.Pattern[str] | None = None) -> str:
    return value if isinstance(value, str) and (form is None or form.fullmatch(value)) else ""
