"""What the tests with faults send, and how they look at what arrived, what waits and what was kept."""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.end_to_end.stack import PATIENCE_SECONDS, Copy
from tools.fake_datadog.faults import Fault, Outcome, respond
from tools.fake_datadog.intake import Request

# The chain's remainders come back after as many seconds, and not after 10, 20, 40 and so on. The function takes what it
# is told of the visibility timeout for the longest delay.
CHAIN_DELAY_SECONDS = 5
# Shorter than that. A wait of more than 5 s, as Retry-After asks for, ends the invocation.
REFUSING_SECONDS = 4

# Messages of events that are published, and what came back.
Sent = list[list[dict[str, Any]]]
Received = list[dict[str, Any]]

_numbers = iter(range(1_000_000, 9_000_000))


def messages(number: int, events_each: int) -> Sent:
    """Messages of events with a number of their own in the title, which Datadog shows."""
    return [
        [{"EventType": "SystemEvent", "Severity": 1, "Title": f"n{next(_numbers)}"} for _ in range(events_each)]
        for _ in range(number)
    ]


def titles(sent: Sent) -> set[str]:
    return {event["Title"] for message in sent for event in message}


def arrivals(copy: Copy) -> Counter[str]:
    """How often each title arrived as an event."""
    return Counter(match.group() for got in copy.datadog.events if (match := re.search(r"n\d{7}", got["title"])))


def settle(copy: Copy, sent: Sent, *, repeated: int = 0, missing: AbstractSet[str] = frozenset()) -> None:
    """Wait until all are there and the queue is empty, then look for losses and repetitions."""
    expected = titles(sent) - missing
    complete = copy.datadog.wait(lambda: set(arrivals(copy)) >= expected, PATIENCE_SECONDS)
    assert complete, (len(set(arrivals(copy))), len(expected), copy.story(len(expected)))
    wait_until_empty(copy)
    counts = arrivals(copy)
    assert set(counts) == expected
    assert sum(counts.values()) - len(counts) <= repeated, copy.story(len(expected))


def one_event_per_invocation() -> Fault:
    """Accepts an event, then none for longer than an invocation lasts and for less than the delay of a remainder."""
    accepted, lock = [float("-inf")], threading.Lock()

    def fault(_: Request) -> Outcome | None:
        with lock:
            if time.monotonic() - accepted[-1] > REFUSING_SECONDS:
                accepted.append(time.monotonic())
                return None
        return respond(429, "", {"Retry-After": "6"})

    return fault


def busy_after(accepted: int, seconds: float) -> Fault:
    """Accepts so many requests, then none for that long, and says so."""
    numbers, lock = count(1), threading.Lock()
    since: list[float] = []

    def fault(_: Request) -> Outcome | None:
        with lock:
            if next(numbers) > accepted:
                since.append(time.monotonic())
                # A second less, because a function's whole seconds are not this clock's.
                if time.monotonic() - since[0] < seconds - 1:
                    return respond(429, "", {"Retry-After": str(seconds)})
        return None

    return fault


@contextmanager
def shorter_delays(copy: Copy, seconds: float) -> Iterator[None]:
    """What failed comes back after that many seconds at the latest meanwhile."""
    functions, name = copy.client("lambda"), copy.outputs["function_name"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    shorter = variables | {"QUEUE_VISIBILITY_TIMEOUT": str(seconds)}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": shorter})
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@contextmanager
def polling_paused(copy: Copy) -> Iterator[None]:
    """Lambda takes nothing from the queue meanwhile; then it gets ten messages at once, as it often does on AWS."""
    functions = copy.aws.client("lambda")
    [mapping] = functions.list_event_source_mappings(FunctionName=copy.outputs["function_name"])["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def invocations(copy: Copy) -> list[dict[str, Any]]:
    """The log lines of all invocations so far."""
    lines = copy.aws.function_log(copy.outputs["function_name"], copy.account, copy.region)
    parsed = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in parsed if line.get("message") == "invocation"]


def waiting(copy: Copy, name: str) -> int:
    attributes = copy.aws.client("sqs").get_queue_attributes(QueueUrl=copy.outputs[name], AttributeNames=["All"])
    return sum(int(value) for key, value in attributes["Attributes"].items() if key.startswith("ApproximateNumberOf"))


def wait_until_empty(copy: Copy) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while waiting(copy, "queue_url"):
        assert time.monotonic() < end, copy.story(0)
        time.sleep(0.3)


def dead_letters(copy: Copy) -> Received:
    """What is in the dead-letter queue, taken out."""
    sqs, url, found = copy.aws.client("sqs"), copy.outputs["dead_letter_queue_url"], []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += batch
    return found


def reasons(letters: Received) -> Counter[str]:
    return Counter(letter["MessageAttributes"]["reason"]["StringValue"] for letter in letters)
