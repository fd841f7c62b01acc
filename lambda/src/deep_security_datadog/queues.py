"""Carries out settlements within the time left: refusals to the dead-letter queue, remainders back to the queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import aws
from .backoff import delay
from .deadline import DeadlineExceeded, run
from .envelope import Record
from .settle import LARGEST_MESSAGE, Refusal, Remainder, Settlement

# Limits of SendMessageBatch and ChangeMessageVisibilityBatch: docs/reference/aws-limits.md#sqs.
_MOST_IN_BATCH = 10
_LONGEST_DELAY = 900

# Seconds for a call to SQS, which usually takes a few hundredths of one, and seconds reserved for Lambda's answer.
CALL_DEADLINE = 3.0
RESERVE = 0.3
_USUAL_CALL = 0.1

_LONGEST_ATTRIBUTE = 500


class NotSent(Exception):
    """SQS did not take a remainder or a refusal. The message is the AWS error code, without content."""


class Queues:
    """The queue (None with direct delivery) and the dead-letter queue, by URL.

    visibility_timeout: of the queue, in seconds.
    """

    def __init__(self, *, queue_url: str | None, dead_letter_queue_url: str | None, visibility_timeout: int) -> None:
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url
        self._visibility_timeout = visibility_timeout
        self._slowest_call = _USUAL_CALL
        self._sqs: Any = None

    def carry_out(self, settlement: Settlement, *, seconds_left: Callable[[], float]) -> None:
        """Sends the refusals and the remainders. Raises NotSent if the whole record has to come back.

        seconds_left: until Lambda ends the invocation. Nothing is started that could not finish in time.
        """
        refusals = [_message(refusal.body, MessageAttributes=_attributes(refusal)) for refusal in settlement.refusals]
        remainders = [
            _message(remainder.body, DelaySeconds=self._remainder_delay(remainder, settlement.retry_after))
            for remainder in settlement.remainders
        ]
        batches = [(self._dead_letter_queue_url, batch) for batch in _batches(refusals)]
        batches += [(self._queue_url, batch) for batch in _batches(remainders)]
        # All or nothing: a record that comes back should not be in a queue as well.
        if batches and len(batches) * self._slowest_call > seconds_left() - RESERVE:
            raise NotSent("out of time")
        for url, batch in batches:
            self._send(url, batch, seconds_left)

    def delay_return(self, returned: Iterable[tuple[Record, Settlement]], *, seconds_left: Callable[[], float]) -> None:
        """Makes returned records visible before the visibility timeout ends, as far as SQS agrees."""
        entries = []
        for record, settlement in returned:
            generation = max((entry.notification.generation for entry in record.entries), default=0)
            seconds = delay(
                generation + record.receives, asked=settlement.retry_after, longest=self._visibility_timeout
            )
            if record.receipt_handle and seconds < self._visibility_timeout:
                entries.append({"ReceiptHandle": record.receipt_handle, "VisibilityTimeout": seconds})
        for start in range(0, len(entries), _MOST_IN_BATCH):
            batch = [{"Id": str(place), **entry} for place, entry in enumerate(entries[start : start + _MOST_IN_BATCH])]
            try:
                self._call("change_message_visibility_batch", self._queue_url, batch, seconds_left)
            except NotSent:
                return

    def _remainder_delay(self, remainder: Remainder, retry_after: float) -> int:
        longest = min(_LONGEST_DELAY, self._visibility_timeout)
        return delay(remainder.generation, asked=retry_after, longest=longest) if remainder.generation else 0

    def _send(self, url: str | None, batch: Sequence[dict[str, Any]], seconds_left: Callable[[], float]) -> None:
        entries = [{"Id": str(place), **message} for place, message in enumerate(batch)]
        failed = self._call("send_message_batch", url, entries, seconds_left).get("Failed", [])
        if failed:
            raise NotSent(str(failed[0].get("Code", "unknown")))

    def _call(
        self, name: str, url: str | None, entries: Sequence[Mapping[str, Any]], seconds_left: Callable[[], float]
    ) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        if not url:
            raise NotSent("no queue is configured for it")
        try:
            # Before the clock starts: creating the client takes CPU time, not SQS's.
            self._sqs = self._sqs or aws.client("sqs")
            method = getattr(self._sqs, name)
            seconds = min(CALL_DEADLINE, seconds_left() - RESERVE)
            if seconds < self._slowest_call:
                raise NotSent("out of time")
            started = time.monotonic()
            answer: Mapping[str, Any] = run(lambda: method(QueueUrl=url, Entries=entries), seconds=seconds)
        except ClientError as error:
            raise NotSent(error.response.get("Error", {}).get("Code", "unknown")) from None
        except BotoCoreError as error:
            raise NotSent(type(error).__name__) from None
        except DeadlineExceeded as error:
            raise NotSent(str(error)) from None
        self._slowest_call = max(_USUAL_CALL, min(time.monotonic() - started, 1.0))
        return answer


def _message(body: str, **options: Any) -> dict[str, Any]:
    # SQS refuses an empty message.
    return {"MessageBody": body or " ", **options}


def _batches(messages: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """At most ten messages, together no larger than one may be: SQS's quota for a batch until 2025."""
    batch: list[dict[str, Any]] = []
    size = 0
    for message in messages:
        length = len(message["MessageBody"].encode()) + len(str(message.get("MessageAttributes", "")))
        if batch and (len(batch) == _MOST_IN_BATCH or size + length > LARGEST_MESSAGE):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch


def _attributes(refusal: Refusal) -> Mapping[str, Mapping[str, str]]:
    values = {"reason": refusal.reason, "status": str(refusal.status or ""), "origin": refusal.origin}
    return {
        name: {"DataType": "String", "StringValue": value[:_LONGEST_ATTRIBUTE]}
        for name, value in values.items()
        if value
    }
