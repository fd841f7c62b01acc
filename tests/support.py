"""What tests share besides fixtures: events, records as AWS hands them over, answers, a fake sender and fake queues."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from deep_security_datadog.aws.delivery import Debt, Delivery, Outgoing
from deep_security_datadog.aws.envelope import Notification, Record
from deep_security_datadog.aws.queues import Queues
from deep_security_datadog.datadog.request import Item, Repeats, Request
from deep_security_datadog.datadog.sender import Sender
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.values import time_of
from tests.strict_sqs import LARGEST

SAMPLES = Path(__file__).parent / "samples"
EVENTS_URL = "https://api.datadoghq.com/api/v1/events"
LOGS_URL = "https://http-intake.logs.datadoghq.com/api/v2/logs"
NOW = datetime(2024, 5, 14, 9, 50, tzinfo=UTC)

ACCEPTED = Answer(Outcome.ACCEPTED, 202, attempts=1)
RETRY = Answer(Outcome.RETRY, 503, "HTTP 503", 1)
REFUSED = Answer(Outcome.REFUSED, 400, "HTTP 400", 1)

# The fixture `forwarder`: makes a forwarder from the function's environment.
BuildForwarder: TypeAlias = Callable[..., Forwarder]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def item(properties: dict[str, Any], notification: Notification | None = None, repeats: Repeats | None = None) -> Item:
    """An event as a destination gets it."""
    found = notification or Notification()
    return Item(Event(properties), found.message_id, found.account_id, time_of(found.timestamp), repeats, (properties,))


def events(count: int) -> list[dict[str, Any]]:
    return [{"EventID": number} for number in range(count)]


def notification(message: object, message_id: str = "m-1") -> dict[str, Any]:
    """A message as SNS delivers it."""
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:deep-security",
        "Message": _json(message),
        "Timestamp": "2024-05-14T09:50:00.000Z",
    }


def in_sqs(body: object, record_id: str = "r-1") -> dict[str, Any]:
    """An SQS record with this body, as the event source mapping hands it over."""
    return {"eventSource": "aws:sqs", "messageId": record_id, "body": _json(body)}


def sqs_record(message: object, *, record_id: str = "r-1", message_id: str = "m-1") -> dict[str, Any]:
    """An SQS record with a notification in it."""
    return in_sqs(notification(message, message_id), record_id)


def sns_record(message: object, message_id: str = "m-1") -> dict[str, Any]:
    """A record of a direct delivery."""
    return {"EventSource": "aws:sns", "Sns": notification(message, message_id)}


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def answered(record: Record, *answers: Mapping[str, Answer], settled: Iterable[Debt] = ()) -> Delivery:
    """The delivery of a record with an answer for each entry, by destination."""
    delivery = Delivery(record, ("events", "logs"), frozenset(settled), LARGEST)
    for place, given in enumerate(answers):
        for destination, answer in given.items():
            delivery.answer(place, destination, answer)
    return delivery


def becomes_true(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether it holds before so many seconds are over."""
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


class FakeSender(Sender):
    """Makes each body, sends nothing, accepts everything."""

    def __init__(self) -> None:
        """Has neither connections nor threads."""

    def send(
        self, requests: Iterable[Request], *, seconds_left: Callable[[], float] = lambda: 60
    ) -> Iterator[tuple[Request, Answer]]:
        for request in requests:
            yield request, self.answer(request)

    def answer(self, request: Request) -> Answer:
        request.body()
        return Answer(Outcome.ACCEPTED, 202, attempts=1)


class FakeQueues(Queues):
    """Keeps the messages instead of sending them; `broken` refuses them."""

    def __init__(self) -> None:
        urls = {"queue_url": "https://sqs/queue", "dead_letter_queue_url": "https://sqs/dead-letter-queue"}
        super().__init__(**urls, visibility_timeout=180, largest=LARGEST)
        self.refusals: list[Outgoing] = []
        self.remainders: list[Outgoing] = []
        self.returned: list[tuple[Record, float]] = []
        self.broken = False

    def keep(self, refusals: Iterable[Outgoing], taken: list[Outgoing], *, seconds_left: Callable[[], float]) -> str:
        return self._take([*refusals], taken, self.refusals)

    def requeue(
        self, remainders: Iterable[Outgoing], taken: list[Outgoing], *, asked: float, seconds_left: Callable[[], float]
    ) -> str:
        return self._take([*remainders], taken, self.remainders)

    def _take(self, given: list[Outgoing], *to: list[Outgoing]) -> str:
        if self.broken and given:
            return "ServiceUnavailable"
        for one in to:
            one.extend(given)
        return ""

    def show_again(self, records: Iterable[tuple[Record, float]], *, seconds_left: Callable[[], float]) -> None:
        self.returned = list(records)

    @property
    def bodies(self) -> list[str]:
        """Of the messages that were put back."""
        return [one.body for one in self.remainders]
