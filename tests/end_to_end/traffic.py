"""What the tests with faults send, and how they look at what waits and what was kept."""

import threading
import time

from tools.datadog_intake import Fault, respond

# The function's timeout in faults/main.tf is 8 s; a message that failed comes back after six times that.
VISIBILITY_SECONDS = 48
PATIENCE_SECONDS = 3 * VISIBILITY_SECONDS
# A remainder is delayed for 5 s. A wait of more than that, as Retry-After asks for, ends the invocation.
REFUSING_SECONDS = 4

_numbers = iter(range(1_000_000, 9_000_000))


def messages(count, events_each):
    """Messages of events with a number of their own in the title, which Datadog shows."""
    return [
        [{"EventType": "SystemEvent", "Severity": 1, "Title": f"n{next(_numbers)}"} for _ in range(events_each)]
        for _ in range(count)
    ]


def one_event_per_invocation() -> Fault:
    """Accepts an event, then none for longer than an invocation lasts and for less than the delay of a remainder."""
    accepted, lock = [float("-inf")], threading.Lock()

    def fault(_):
        with lock:
            if time.monotonic() - accepted[-1] > REFUSING_SECONDS:
                accepted.append(time.monotonic())
                return None
        return respond(429, "", {"Retry-After": "6"})

    return fault


def waiting(copy, name):
    attributes = copy.aws.client("sqs").get_queue_attributes(QueueUrl=copy.outputs[name], AttributeNames=["All"])
    return sum(int(value) for key, value in attributes["Attributes"].items() if key.startswith("ApproximateNumberOf"))


def wait_until_empty(copy):
    end = time.monotonic() + PATIENCE_SECONDS
    while waiting(copy, "queue_url"):
        assert time.monotonic() < end, copy.story(0)
        time.sleep(0.3)


def dead_letters(copy):
    """What is in the dead-letter queue, taken out."""
    sqs, url, found = copy.aws.client("sqs"), copy.outputs["dead_letter_queue_url"], []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += batch
    return found
