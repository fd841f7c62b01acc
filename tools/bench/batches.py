"""SQS batches of ever-new Deep Security events, as the event source mapping hands them to the function."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from tools import samples

# The most that an event source mapping hands over without a batching window.
MESSAGES = 10
# As in a fleet, each host comes again, but not every time.
HOSTS = 97


def events() -> Iterator[dict[str, Any]]:
    """The sample events in turn, without end; what differs from event to event in a fleet does so here."""
    found = (samples.events_of(message) for name, message in samples.messages().items() if name != "TestSNS")
    for number, sample in enumerate(itertools.cycle(itertools.chain.from_iterable(found))):
        event = sample | {"EventID": 1_000_000 + number}
        event["LogDate"] = f"{event['LogDate'][:-4]}{number % 1000:03}Z"
        event |= {name: 1024 + number % 50_000 for name in ("SourcePort", "ProcessID") if name in event}
        event |= {name: f"{event[name]}.{number}" for name in ("InfectedFilePath", "FileName") if name in event}
        if "Hostname" in event:
            event["Hostname"] = f"web-{number % HOSTS}.example.com (web) [i-0123456789abcde{number % HOSTS:02}]"
        yield event


def batch(source: Iterator[dict[str, Any]], count: int) -> dict[str, Any]:
    """The next `count` events, spread over as many messages as a batch holds."""
    taken = list(itertools.islice(source, count))
    return _lambda_event(samples.encode(taken[place::MESSAGES]) for place in range(min(count, MESSAGES)))


def largest_batch(source: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """As many messages as a batch holds, each as large as SNS takes."""
    # An event has more than half a kilobyte, so these are more than fit.
    enough = itertools.islice(source, MESSAGES * samples.MAX_MESSAGE_BYTES // 512)
    return _lambda_event(samples.encode(part) for part in samples.split(list(enough))[:MESSAGES])


def _lambda_event(messages: Iterable[str]) -> dict[str, Any]:
    notification = {
        "Type": "Notification",
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:deep-security",
        "Timestamp": "2024-05-14T09:50:00.000Z",
    }
    bodies = [json.dumps(notification | {"MessageId": str(n), "Message": text}) for n, text in enumerate(messages)]
    return {"Records": [{"eventSource": "aws:sqs", "messageId": uuid.uuid4().hex, "body": b} for b in bodies]}
