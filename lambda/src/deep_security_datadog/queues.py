"""Carries settlements out: sends refusals to the dead-letter queue and remainders back to the queue."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from . import aws
from .settle import Refusal, Settlement

# Seconds before a remainder is received: what was not accepted a moment ago needs a little time.
REMAINDER_DELAY = 5

_LONGEST_ATTRIBUTE = 500


class NotSent(Exception):
    """SQS did not take a remainder or a refusal. The message is the AWS error code, without content."""


class Queues:
    """The queue (None with direct delivery) and the dead-letter queue, by URL."""

    def __init__(self, *, queue_url: str | None, dead_letter_queue_url: str | None) -> None:
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    @cached_property
    def _sqs(self) -> Any:
        return aws.client("sqs")

    def carry_out(self, settlement: Settlement) -> None:
        """Sends the refusals and the remainders. Raises NotSent: then the whole record has to come back."""
        for refusal in settlement.refusals:
            self._send(self._dead_letter_queue_url, refusal.body, MessageAttributes=_attributes(refusal))
        for remainder in settlement.remainders:
            self._send(self._queue_url, remainder, DelaySeconds=REMAINDER_DELAY)

    def _send(self, url: str | None, body: str, **options: Any) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if not url:
            raise NotSent("no queue is configured for it")
        try:
            self._sqs.send_message(QueueUrl=url, MessageBody=body or " ", **options)
        except ClientError as error:
            raise NotSent(error.response.get("Error", {}).get("Code", "unknown")) from None
        except BotoCoreError as error:
            raise NotSent(type(error).__name__) from None


def _attributes(refusal: Refusal) -> Mapping[str, Mapping[str, str]]:
    values = {"reason": refusal.reason, "status": str(refusal.status or ""), "origin": refusal.origin}
    return {
        name: {"DataType": "String", "StringValue": value[:_LONGEST_ATTRIBUTE]}
        for name, value in values.items()
        if value
    }
