"""What the function puts into a queue: messages that SQS takes, made from the text as it came.

A notification is shorter than the one it is cut from, because it keeps only some of the elements. Where it does not fit
all the same, such as around a bare message, the text goes alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from . import message
from .envelope import DESTINATIONS_ATTRIBUTE, GENERATION_ATTRIBUTE, Notification

# Bytes, attributes included: what Terraform sets for a queue (docs/reference/aws-limits.md#sqs).
LARGEST_MESSAGE = 262_144
# Of an attribute's value, in characters.
_LONGEST_ATTRIBUTE = 500
_DATA_TYPE = "String"


class QueueMessage(NamedTuple):
    """A message for SQS. attributes: those of SQS, not those of the notification in its body.

    is_notification: whether there is one.
    """

    body: str
    attributes: Mapping[str, str] = MappingProxyType({})
    is_notification: bool = False

    @property
    def size(self) -> int:
        """Bytes as SQS counts them."""
        texts = [self.body, *self.attributes, *self.attributes.values(), _DATA_TYPE * len(self.attributes)]
        return sum(len(text.encode()) for text in texts)

    def entry(self, seconds: int) -> dict[str, Any]:
        """As SendMessageBatch takes it. seconds: that SQS hides it."""
        attributes = {name: {"DataType": _DATA_TYPE, "StringValue": value} for name, value in self.attributes.items()}
        options = {"MessageAttributes": attributes, "DelaySeconds": seconds}
        return {"MessageBody": self.body, **{name: value for name, value in options.items() if value}}


def fitting(
    notification: Notification, text: str, attributes: Mapping[str, str], largest: int, *, alone: str = ""
) -> QueueMessage | None:
    """The message in its notification if that fits, else alone; None if SQS would not take it.

    attributes: of the SQS message. largest: bytes that the queue takes. alone: the text without a notification, if that
    is another one.
    """
    cut = {name: message.cleaned(value[:_LONGEST_ATTRIBUTE]) for name, value in attributes.items() if value}
    return next((one for one in _forms(notification, text, alone or text, cut) if one.size <= largest), None)


def _forms(notification: Notification, text: str, alone: str, attributes: Mapping[str, str]) -> Iterator[QueueMessage]:
    yield QueueMessage(notification_body(notification, text), attributes, is_notification=True)
    # SQS refuses an empty body.
    yield QueueMessage(message.cleaned(alone) or " ", attributes)
    yield QueueMessage(message.cleaned(alone) or " ")
    # No longer than the text.
    yield QueueMessage(message.cleaned(alone, " ") or " ")


def notification_body(notification: Notification, text: str) -> str:
    """The SQS body as SNS would write it, with the original id and time."""
    envelope: dict[str, object] = {
        "Type": "Notification",
        "MessageId": notification.message_id,
        "TopicArn": notification.topic_arn,
        "Message": text,
        "Timestamp": notification.timestamp,
    }
    attributes = {
        DESTINATIONS_ATTRIBUTE: ",".join(sorted(notification.destinations or ())),
        GENERATION_ATTRIBUTE: str(notification.generation or ""),
    }
    if any(attributes.values()):
        envelope["MessageAttributes"] = {
            name: {"Type": _DATA_TYPE, "Value": value} for name, value in attributes.items() if value
        }
    return message.write(envelope)
