"""What tests share besides fixtures: sample events, records as AWS hands them over, a fake client and fake queues."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from deep_security_datadog.datadog_client import Carrier, DatadogClient
from deep_security_datadog.envelope import Entry, Notification, Record
from deep_security_datadog.event import Event
from deep_security_datadog.fold import Item, Repeats
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.queues import NotSent, Queues
from deep_security_datadog.request import Request
from deep_security_datadog.settle import Settlement

SAMPLES = Path(__file__).parent / "samples"
EVENTS_URL = "https://api.datadoghq.com/api/v1/events"
LOGS_URL = "https://http-intake.logs.datadoghq.com/api/v2/logs"

# The fixture `forwarder`: makes a forwarder from the function's environment.
BuildForwarder: TypeAlias = Callable[..., Forwarder]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def item(properties: dict[str, Any], notification: Notification | None = None, repeats: Repeats | None = None) -> Item:
    """An event as a destination gets it."""
    return Item(Event(properties), (Entry(notification or Notification(), properties),), repeats)


def sqs_record(message: object, *, record_id: str = "r-1", message_id: str = "m-1") -> dict[str, Any]:
    """An SQS record with an SNS notification in it, as the event source mapping hands it over."""
    text = message if isinstance(message, str) else json.dumps(message)
    body = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:deep-security",
        "Message": text,
        "Timestamp": "2024-05-14T09:50:00.000Z",
    }
    return {"eventSource": "aws:sqs", "messageId": record_id, "body": json.dumps(body)}


class FakeClient(DatadogClient):
    """Makes each body, sends nothing, accepts everything."""

    def __init__(self) -> None:
        """Has neither connections nor threads."""

    def send(
        self, carriers: Iterable[Carrier], *, seconds_left: Callable[[], float] = lambda: 60
    ) -> Iterator[tuple[Carrier, Answer]]:
        for carrier in carriers:
            yield carrier, self.answer(carrier.request)

    def answer(self, request: Request) -> Answer:
        request.body()
        return Answer(Outcome.ACCEPTED, 202, attempts=1)


class FakeQueues(Queues):
    """Keeps the settlements instead of sending them; `broken` refuses them."""

    def __init__(self) -> None:
        super().__init__(
            queue_url="https://sqs/queue", dead_letter_queue_url="https://sqs/dead-letter-queue", visibility_timeout=180
        )
        self.carried_out: list[Settlement] = []
        self.returned: list[tuple[Record, Settlement]] = []
        self.broken = False

    def carry_out(self, settlement: Settlement, *, seconds_left: Callable[[], float]) -> None:
        if self.broken and (settlement.remainders or settlement.refusals):
            raise NotSent("ServiceUnavailable")
        self.carried_out.append(settlement)

    def delay_return(self, returned: Iterable[tuple[Record, Settlement]], *, seconds_left: Callable[[], float]) -> None:
        self.returned = list(returned)
