"""The queue and the dead-letter queue: they get what is owed of a record, within the time left."""

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias, cast

from deep_security_datadog.deadline import SecondsLeft, run
from deep_security_datadog.log import LoggableError

from . import message, sdk
from .delivery import Delivery, Outgoing
from .envelope import Record

# Limits of SendMessageBatch and ChangeMessageVisibilityBatch: docs/reference/aws-limits.md#sqs.
_MOST_IN_BATCH = 10
_LONGEST_DELAY = 900
# Bytes of Lambda's record of a failure, but for the event (docs/reference/aws-limits.md#asynchronous-invocations).
_ROOM_IN_RECORD = 6_000
# Seconds for a call to SQS, which usually takes a few hundredths of one, and seconds reserved for Lambda's answer.
CALL_DEADLINE = 3.0
RESERVE = 0.3
_USUAL_CALL = 0.1
# Below the deadline, and tried once: a call that goes on after its deadline, or again, would send twice.
_SQS_TIMEOUT = 2.5
# Seconds by attempt, then doubling: everything arrives within a minute after an outage of up to five minutes.
_STEPS = (10, 20, 40, 50, 50, 50, 50, 50, 50, 50)
# Jitter spreads the messages. It only shortens: no wait is longer than promised.
_LEAST = 0.8
# Messages, each with the seconds that SQS hides it.
_Delayed: TypeAlias = Iterable[tuple[Outgoing, int]]


class Queues:
    """The queue (None with direct delivery) and its dead-letter queue. visibility_timeout: seconds. largest: bytes.

    What sends returns why SQS did not take something, empty if it took all, and adds to `taken` what it took.
    """

    def __init__(
        self, *, queue_url: str | None, dead_letter_queue_url: str | None, visibility_timeout: int, largest: int
    ) -> None:
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url
        self._visibility_timeout = visibility_timeout
        self.largest = largest
        self._slowest_call = _USUAL_CALL
        self._sqs: Any = None

    def settle(self, delivery: Delivery, *, payload: object, seconds_left: SecondsLeft) -> str:
        """Keeps refusals and requeues what else is owed. If something still is, the record waits. payload: Lambda's."""
        is_direct = delivery.record.record_id is None
        problem = self.keep(delivery.refusals(), delivery.kept, seconds_left=seconds_left)
        room = self.largest - _ROOM_IN_RECORD
        # Too large for the dead-letter queue as Lambda's record of the failure, or for one invocation.
        if is_direct and delivery.debts and (delivery.record.is_cut or len(message.write(payload).encode()) > room):
            rest = delivery.remainders("not delivered, and too large to be tried again without a queue")
            problem = self.keep(rest, delivery.kept, seconds_left=seconds_left) or problem
        if not is_direct and not delivery.is_whole:
            rest, asked = delivery.remainders(), delivery.retry_after
            problem = self.requeue(rest, delivery.requeued, asked=asked, seconds_left=seconds_left) or problem
        return problem

    def keep(self, refusals: Iterable[Outgoing], taken: list[Outgoing], *, seconds_left: SecondsLeft) -> str:
        """Sends to the dead-letter queue, and leaves time for one more call."""
        messages = ((one, 0) for one in refusals)
        return self._send(self._dead_letter_queue_url, messages, taken, lambda: seconds_left() - self._slowest_call)

    def requeue(
        self, remainders: Iterable[Outgoing], taken: list[Outgoing], *, asked: float, seconds_left: SecondsLeft
    ) -> str:
        """Sends to the queue. asked: seconds that Datadog asked to wait."""
        wait = partial(delay, asked=asked, longest=min(_LONGEST_DELAY, self._visibility_timeout))
        messages = ((one, wait(one.generation) if one.generation else 0) for one in remainders)
        return self._send(self._queue_url, messages, taken, seconds_left)

    def show_again(self, records: Iterable[tuple[Record, float]], *, seconds_left: SecondsLeft) -> None:
        """Ends the visibility timeout of records early, each with the seconds that Datadog asked to wait."""
        entries = []
        for record, retry_after in records:
            seconds = delay(record.attempts, asked=retry_after, longest=self._visibility_timeout)
            if record.receipt_handle and seconds < self._visibility_timeout:
                entries.append({"ReceiptHandle": record.receipt_handle, "VisibilityTimeout": seconds})
        # An event source mapping passes ten records at most, which is a batch.
        with suppress(LoggableError):
            if entries:
                self._call("change_message_visibility_batch", self._queue_url, entries, seconds_left)

    def _send(self, url: str | None, messages: _Delayed, taken: list[Outgoing], seconds_left: SecondsLeft) -> str:
        """Sends messages until SQS does not take a batch."""
        problem = ""
        for batch in _batches(messages, self.largest):
            entries = [one.entry(seconds) for one, seconds in batch if one.size <= self.largest]
            try:
                answer = self._call("send_message_batch", url, entries, seconds_left) if entries else {}
            except LoggableError as error:
                return str(error)
            # Only what SQS names was taken: something else may have answered. `Failed` is absent where nothing failed.
            names = {one.get("Id") for one in answer.get("Successful") or ()}
            these = [one for place, (one, _) in enumerate(batch) if str(place) in names]
            if len(these) < len(batch):
                codes = [str(one.get("Code", "unknown")) for one in answer.get("Failed") or ()]
                problem = next(iter(codes), "no answer of SQS" if entries else "larger than SQS takes")
            taken += these
        return problem

    def _call(
        self, name: str, url: str | None, entries: Sequence[Mapping[str, Any]], seconds_left: SecondsLeft
    ) -> Mapping[str, Any]:
        """What SQS answers. Raises LoggableError, with AWS's code, without content."""
        if not url:
            raise LoggableError("no queue is configured for it")
        try:
            # Before the clock starts: creating the client takes CPU time, not SQS's.
            self._sqs = self._sqs or sdk.client("sqs", read_timeout=_SQS_TIMEOUT)
            numbered = [{"Id": str(place), **entry} for place, entry in enumerate(entries)]
            seconds, started = min(CALL_DEADLINE, seconds_left() - RESERVE), time.monotonic()
            if seconds >= self._slowest_call:
                answer = run(partial(getattr(self._sqs, name), QueueUrl=url, Entries=numbered), seconds=seconds)
                self._slowest_call = max(_USUAL_CALL, min(time.monotonic() - started, 1.0))
                return cast("Mapping[str, Any]", answer)
        except Exception as error:  # noqa: BLE001 (whatever it is, nobody knows that it was sent)
            raise LoggableError(sdk.code_of(error)) from None
        raise LoggableError("out of time")


def _batches(messages: _Delayed, largest: int) -> Iterator[list[tuple[Outgoing, int]]]:
    """Up to ten messages, together no larger than one may be (SQS's quota until 2025). Each is made in its turn."""
    batch: list[tuple[Outgoing, int]] = []
    size = 0
    for one, seconds in messages:
        if batch and (len(batch) == _MOST_IN_BATCH or size + one.size > largest):
            yield batch
            batch, size = [], 0
        batch.append((one, seconds))
        size += one.size
    if batch:
        yield batch


def delay(attempt: int, *, asked: float = 0.0, longest: int) -> int:
    """Whole seconds before the next attempt. attempt: the failed one, from 1. asked: Datadog's wait. longest: bound."""
    step = _STEPS[min(attempt, len(_STEPS)) - 1] if attempt > 0 else 0
    doubled = step * 2.0 ** min(max(0, attempt - len(_STEPS)), 20)
    # Terraform counts on whole visibility timeouts (queue.tf).
    if max(doubled, asked) >= longest:
        return longest
    return min(longest, round(max(doubled * random.uniform(_LEAST, 1.0), asked)))  # noqa: S311 (no secret depends on it)
