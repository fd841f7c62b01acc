"""What the tests with faults send, and how they look at what arrived, what waits and what was kept."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from tests.end_to_end.stack import Copy
from tools.fake_datadog.faults import Fault, Outcome, respond
from tools.fake_datadog.intake import Request

# The function's timeout in stack.py is 8 s; a message that failed comes back after six times that at the latest.
VISIBILITY_SECONDS = 48
PATIENCE_SECONDS = 3 * VISIBILITY_SECONDS
# The chain's remainders come back after as many seconds, and not after 10, 20, 40, 50 and so on, which would make 17
# minutes of 22. The function takes what it is told of the visibility timeout for the longest delay.
CHAIN_DELAY_SECONDS = 5
# Shorter than that. A wait of more than 5 s, as Retry-After asks for, ends the invocation.
REFUSING_SECONDS = 4
BLIP_SECONDS = 20
AFTER_BLIP_SECONDS = 60

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


def busy_after(accepted: int, seconds: float, header: str) -> Fault:
    """Accepts so many requests, then none for that long, and says so in the header."""
    numbers, lock = count(1), threading.Lock()
    since: list[float] = []

    def fault(_: Request) -> Outcome | None:
        with lock:
            if next(numbers) > accepted:
                since.append(time.monotonic())
                # A second less, because a function's whole seconds are not this clock's.
                if time.monotonic() - since[0] < seconds - 1:
                    return respond(429, "", {header: str(seconds)})
        return None

    return fault


def shorten_delays(copy: Copy, seconds: float) -> None:
    """What failed comes back after that many seconds at the latest."""
    _set_variables(copy, _variables(copy) | {"QUEUE_VISIBILITY_TIMEOUT": str(seconds)})


@contextmanager
def slow_queues(copy: Copy, seconds: float) -> Iterator[list[str]]:
    """Each call of SQS takes the function that much longer meanwhile. Yields the actions that it calls."""
    address = urlsplit(copy.aws.url)
    actions: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            actions.append(self.headers["X-Amz-Target"])
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(seconds)
            with closing(HTTPConnection(address.netloc)) as connection:
                connection.request("POST", self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server, variables = ThreadingHTTPServer(("127.0.0.1", 0), Handler), _variables(copy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _set_variables(copy, variables | {"AWS_ENDPOINT_URL_SQS": f"http://127.0.0.1:{server.server_port}"})
    try:
        yield actions
    finally:
        _set_variables(copy, variables)
        server.shutdown()
        server.server_close()


def _variables(copy: Copy) -> dict[str, str]:
    name = copy.outputs["function_name"]
    found = copy.aws.client("lambda").get_function_configuration(FunctionName=name)
    return dict(found["Environment"]["Variables"])


def _set_variables(copy: Copy, variables: dict[str, str]) -> None:
    name = copy.outputs["function_name"]
    copy.aws.client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@dataclass
class Blip:
    """What was published while Datadog was away for BLIP_SECONDS.

    seconds: from its return until all was there, None if it was not within AFTER_BLIP_SECONDS.
    arrived: how often each title arrived. story: for whoever wonders.
    """

    sent: Sent
    seconds: float | None
    arrived: Counter[str]
    story: str


def blip(copy: Copy) -> Blip:
    copy.datadog.clear()
    sent = messages(20, 5)
    copy.datadog.down()
    try:
        copy.publish(*sent[:10])
        time.sleep(BLIP_SECONDS / 2)
        copy.publish(*sent[10:])
        time.sleep(BLIP_SECONDS / 2)
    finally:
        copy.datadog.up()
    back = time.monotonic()
    complete = copy.datadog.wait(lambda: set(arrivals(copy)) == titles(sent), AFTER_BLIP_SECONDS)
    seconds = time.monotonic() - back if complete else None
    if complete:
        wait_until_empty(copy)
    return Blip(sent, seconds, arrivals(copy), copy.story(100))


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
