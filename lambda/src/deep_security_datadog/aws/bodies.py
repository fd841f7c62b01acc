"""What the function puts into a queue: messages that SQS takes, made from the text as it came.

A notification is shorter than the one it is cut from, because it keeps only some of the elements. Where it does not fit
all the same, such as around a bare message, the text goes alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from . import message
from .envelope import DESTINATIONS_ATTRIBUTE, GENERATION_ATTRIBUTE, Notification

# Of an attribute's value, in characters.
_LONGEST_ATTRIBUTE = 500
_DATA_TYPE = "String"


class QueueMessage(NamedTuple):
    """A message for SQS. attributes: those of SQS, not of the notification in its body, if that is one."""

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
        return {"MessageBody": self.body, "MessageAttributes": attributes, "DelaySeconds": seconds}


def fitting(
    notification: Notification, text: str, attributes: Mapping[str, str], largest: int, *, alone: str = ""
) -> QueueMessage | None:
    """The message in its notification if that fits, else alone; None if SQS would not take it.

    attributes: of the SQS message. largest: bytes that the queue takes. alone: the text where it goes alone.
    """
    cut = {name: message.cleaned(value[:_LONGEST_ATTRIBUTE]) for name, value in attributes.items() if value}
    # SQS refuses an empty body. Blanks are no longer than what they replace.
    cleaned, blanked = (message.cleaned(alone or text, replacement) or " " for replacement in ("\ufffd", " "))
    forms = (
        QueueMessage(notification_body(notification, text), cut, is_notification=True),
        QueueMessage(cleaned, cut),
        QueueMessage(cleaned),
        QueueMessage(blanked),
    )
    return next((form for form in forms if form.size <= largest), None)


def notification_body(notification: Notification, text: str) -> str:
    """The SQS body as SNS would write it, with the original id and time."""
    message_id, topic_arn, timestamp, destinations, generation = notification
    own = {DESTINATIONS_ATTRIBUTE: ",".join(sorted(destinations or ())), GENERATION_ATTRIBUTE: str(generation or "")}
    attributes = {name: {"Type": _DATA_TYPE, "Value": value} for name, value in own.items() if value}
    envelope = {"Type": "Notification", "MessageId": message_id, "TopicArn": topic_arn, "Message": text}
    others = {"MessageAttributes": attributes} if attributes else {}
    return message.write({**envelope, "Timestamp": timestamp, **others})
