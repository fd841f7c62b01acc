"""Lambda events full of Deep Security events, as the queue's event source mapping hands them over."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from typing import Any

from tools import samples

# What an event source mapping hands over at most without a batching window.
MOST_RECORDS = 10
# As events of a fleet come: each host again and again, not the same one each time.
HOSTS = 97
FIRST = 1_000_001
# Stands in every host name; whoever wants other events from the same text replaces it.
PLACEHOLDER = "batch-0000000"


def events(count: int) -> list[dict[str, Any]]:
    """Events of all types in turn, each with an id and a time of its own. About 1.6 KB each."""
    return list(itertools.islice(_endless(), count))


def payload(count: int, records: int | None = None, first: int = FIRST) -> dict[str, Any]:
    """`count` events in as many records as a batch has, as evenly as they go. first: number of the first event."""
    number = records or min(MOST_RECORDS, count)
    parts = [count // number + (place < count % number) for place in range(number)]
    source = _endless(first)
    return {"Records": [_record(place, list(itertools.islice(source, part))) for place, part in enumerate(parts)]}


def full_payload(records: int, message_bytes: int) -> dict[str, Any]:
    """Records whose SNS messages are as large as `message_bytes` allows."""
    source = _endless()
    made = []
    for place in range(records):
        message, size = [], 2
        for event in source:
            size += len(samples.encode(event).encode()) + 1
            if size > message_bytes:
                break
            message.append(event)
        made.append(_record(place, message))
    return {"Records": made}


def _endless(first: int = FIRST) -> Iterator[dict[str, Any]]:
    kinds = [
        event
        for name, message in samples.messages().items()
        if name != "TestSNS"
        for event in samples.events_of(message)
    ]
    for number, kind in enumerate(itertools.cycle(kinds), first):
        event = copy.deepcopy(kind)
        event["EventID"] = number
        # Rules, policies and hosts come again; what makes an event one of its own does not.
        event["LogDate"] = f"{event['LogDate'][:-4]}{number % 1000:03}Z"
        event |= {name: 1024 + number % 50_000 for name in ("SourcePort", "ProcessID") if name in event}
        event |= {name: f"{event[name]}.{number}" for name in ("InfectedFilePath", "FileName") if name in event}
        if "Hostname" in event:
            event["Hostname"] = (
                f"{PLACEHOLDER}-{number % HOSTS}.example.com (web) [i-0123456789abcde{number % HOSTS:02}]"
            )
        yield event


def _record(place: int, message: list[dict[str, Any]]) -> dict[str, Any]:
    body = {
        "Type": "Notification",
        "MessageId": f"00000000-0000-4000-8000-{place:012}",
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:deep-security",
        "Message": samples.encode(message),
        "Timestamp": "2024-05-14T09:50:00.000Z",
    }
    return {"eventSource": "aws:sqs", "messageId": f"record-{place}", "body": json.dumps(body)}
