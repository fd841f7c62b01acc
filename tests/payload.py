"""What tests of the payload share and no fixture needs: the samples, and records as AWS hands them over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deep_security_datadog.queues import NotSent, Queues
from deep_security_datadog.settle import Settlement

SAMPLES = Path(__file__).parent / "samples"
EVENTS_URL = "https://api.datadoghq.com/api/v1/events"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


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


class RememberingQueues(Queues):
    """Keeps the settlements instead of sending them; `broken` refuses them."""

    def __init__(self) -> None:
        super().__init__(queue_url="https://sqs/queue", dead_letter_queue_url="https://sqs/dead-letter-queue")
        self.carried_out: list[Settlement] = []
        self.broken = False

    def carry_out(self, settlement: Settlement) -> None:
        if self.broken and (settlement.remainders or settlement.refusals):
            raise NotSent("ServiceUnavailable")
        self.carried_out.append(settlement)
