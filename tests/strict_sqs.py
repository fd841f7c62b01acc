"""An SQS in memory that answers as AWS was recorded to answer. Emulators differ from it in what is checked here.

docs/reference/aws-limits.md#sqs; sizes count bodies and attributes, in bytes.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from deep_security_datadog.aws import sdk

QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/queue"
DEAD_LETTER_QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/dead-letter-queue"

LARGEST = 262_144
_MOST_IN_BATCH = 10
_LONGEST_DELAY = 900
_LONGEST_VISIBILITY_TIMEOUT = 43_200
_Entry = dict[str, Any]
_Entries = list[_Entry]
_INVALID = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Stored(NamedTuple):
    """A message in a queue. attributes: by name. seconds: that it is hidden."""

    message_id: str
    body: str
    attributes: dict[str, str]
    seconds: int
    receives: int = 0

    def record(self) -> dict[str, Any]:
        """As the event source mapping hands it over."""
        return {
            "messageId": self.message_id,
            "receiptHandle": f"handle {self.message_id}",
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(self.receives)},
            "eventSource": "aws:sqs",
        }


class StrictSqs:
    """Stands in for the client of SQS. Each queue exists.

    largest: bytes of a message, by the queue's attribute, and of a batch. fault: asked before a batch, what the
    SDK raises. fails: asked for each good entry, AWS's code if SQS does not take it.
    """

    def __init__(self, *, largest: int = LARGEST, largest_batch: int = LARGEST) -> None:
        self.queues: dict[str, dict[str, Stored]] = defaultdict(dict)
        self.calls: list[tuple[str, _Entries]] = []
        self.fault: Callable[[], Exception | None] = lambda: None
        self.fails: Callable[[], str] = lambda: ""
        self._largest = largest
        self._largest_batch = largest_batch
        self._ids = (f"sqs-{number}" for number in count(1))

    # The names of AWS.
    def send_message_batch(self, *, QueueUrl: str, Entries: _Entries) -> dict[str, Any]:  # noqa: N803
        self._begin("SendMessageBatch", Entries)
        if not all(entry["MessageBody"] for entry in Entries):
            raise error("SendMessageBatch", "MissingParameter")
        return self._answer(Entries, self._refusal, lambda entry: self._store(QueueUrl, entry))

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: _Entries) -> dict[str, Any]:  # noqa: N803
        self._begin("ChangeMessageVisibilityBatch", Entries)
        handles = {one.record()["receiptHandle"] for one in self.stored(QueueUrl)}

        def refusal(entry: _Entry) -> str:
            is_valid = 0 <= entry["VisibilityTimeout"] <= _LONGEST_VISIBILITY_TIMEOUT
            return "" if is_valid and entry["ReceiptHandle"] in handles else "InvalidParameterValue"

        return self._answer(Entries, refusal, lambda _: {})

    def put(self, url: str, body: str) -> str:
        """Puts a message there, as SNS does; its id."""
        message_id = next(self._ids)
        self.queues[url][message_id] = Stored(message_id, body, {}, 0)
        return message_id

    def stored(self, url: str) -> list[Stored]:
        return list(self.queues[url].values())

    def receive(self, url: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """The records of these messages, which stay there until they are deleted."""
        queue = self.queues[url]
        queue.update((name, queue[name]._replace(receives=queue[name].receives + 1)) for name in ids)
        return [queue[name].record() for name in ids]

    def delete(self, url: str, message_id: str) -> None:
        del self.queues[url][message_id]

    def _begin(self, operation: str, entries: _Entries) -> None:
        self.calls.append((operation, entries))
        if raised := self.fault():
            raise raised
        faults = {
            "EmptyBatchRequest": not entries,
            "TooManyEntriesInBatchRequest": len(entries) > _MOST_IN_BATCH,
            "BatchEntryIdsNotDistinct": len({entry["Id"] for entry in entries}) < len(entries),
            "BatchRequestTooLong": sum(map(_size, entries)) > self._largest_batch,
        }
        for code in (code for code, is_so in faults.items() if is_so):
            raise error(operation, f"AWS.SimpleQueueService.{code}")

    def _refusal(self, entry: _Entry) -> str:
        values = _attributes(entry).values()
        if any(_INVALID.search(text) for text in (entry["MessageBody"], *values)):
            return "InvalidMessageContents"
        is_valid = _size(entry) <= self._largest and all(values) and len(values) <= 10
        return "" if is_valid and 0 <= entry.get("DelaySeconds", 0) <= _LONGEST_DELAY else "InvalidParameterValue"

    def _store(self, url: str, entry: _Entry) -> dict[str, Any]:
        message_id = self.put(url, entry["MessageBody"])
        self.queues[url][message_id] = self.queues[url][message_id]._replace(
            attributes=_attributes(entry), seconds=entry.get("DelaySeconds", 0)
        )
        return {"MessageId": message_id}

    def _answer(
        self, entries: _Entries, refusal: Callable[[_Entry], str], take: Callable[[_Entry], _Entry]
    ) -> dict[str, Any]:
        answer: dict[str, _Entries] = defaultdict(list)
        for entry in entries:
            is_refused = refusal(entry)
            if code := is_refused or self.fails():
                answer["Failed"].append({"Id": entry["Id"], "SenderFault": bool(is_refused), "Code": code})
            else:
                answer["Successful"].append({"Id": entry["Id"], **take(entry)})
        # A list that would be empty is absent.
        return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}


def error(operation: str, code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def _attributes(entry: _Entry) -> dict[str, str]:
    found = entry.get("MessageAttributes", {}).items()
    return {name: value["StringValue"] for name, value in found if value["DataType"] == "String"}


def _size(entry: _Entry) -> int:
    texts = [entry.get("MessageBody", "")]
    for name, value in _attributes(entry).items():
        texts += [name, "String", value]
    # Characters that UTF-8 cannot express are refused, not counted.
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def instead_of_aws(patch: pytest.MonkeyPatch, **options: int) -> StrictSqs:
    """What the payload gets in place of a client of SQS."""
    sqs = StrictSqs(**options)
    patch.setattr(sdk, "client", lambda *_, **__: sqs)
    return sqs
