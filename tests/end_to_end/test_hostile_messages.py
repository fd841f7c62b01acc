"""No message stops, doubles or delays the others of its invocation, whoever wrote it. Promises: docs/delivery.md."""

from __future__ import annotations

import json
import re
import time
from collections import Counter

import pytest

from tests.end_to_end.stack import Copy
from tests.end_to_end.traffic import (
    arrivals,
    dead_letters,
    invocations,
    messages,
    polling_paused,
    reasons,
    settle,
    slow_queues,
    titles,
    wait_until_empty,
)
from tools.fake_datadog.faults import always, respond

MOST_ENTRIES = 5_000


def test_blanks_and_a_control_character(faults: Copy) -> None:
    """A quadratic expression took 7 s for each and, with a timeout of 8 s, the good ones were sent again and again."""
    good, hostile = messages(5, 4), messages(5, 1)
    for [event] in hostile:
        event["Title"] += " " * 30_000 + "\x01"
    with polling_paused(faults):
        faults.publish(*[message for pair in zip(hostile, good, strict=True) for message in pair])
    begun = time.monotonic()
    wanted = titles(good) | {event["Title"][:8] for [event] in hostile}
    assert faults.datadog.wait(lambda: set(arrivals(faults)) == wanted, 30), faults.story(len(wanted))
    print(f"{len(wanted)} events after {time.monotonic() - begun:.1f} s")
    wait_until_empty(faults)
    assert arrivals(faults) == dict.fromkeys(wanted, 1)


def test_a_message_of_nothing_but_numbers(faults: Copy) -> None:
    """They were as many messages in the dead-letter queue, sent one by one."""
    good = messages(4, 2)
    with polling_paused(faults):
        faults.aws.client("sns").publish(TopicArn=faults.outputs["topic_arn"], Message=json.dumps([1] * 80_000))
        faults.publish(*good)
    settle(faults, good)
    problem = "a number where an event (a JSON object) was expected; 80000 such elements"
    assert reasons(dead_letters(faults)) == {problem: 1}


@pytest.mark.alone
def test_ten_messages_of_which_all_is_refused(faults: Copy) -> None:
    """Sent one by one, the refusals took longer than the function has, and nothing was acknowledged."""
    faults.datadog.faults.append(always(respond(400)))
    sent = messages(10, 100)
    with slow_queues(faults, 0.02) as actions:
        with polling_paused(faults):
            faults.publish(*sent)
        begun = time.monotonic()
        wait_until_empty(faults)
        seconds = time.monotonic() - begun
    calls, requests = len(actions), len(faults.datadog.requests)
    print(f"1000 events refused in {requests} requests, acknowledged after {seconds:.1f} s and {calls} calls of SQS")
    kept = [event for letter in dead_letters(faults) for event in json.loads(json.loads(letter["Body"])["Message"])]
    assert Counter(event["Title"] for event in kept) == dict.fromkeys(titles(sent), 1)
    assert set(actions) >= {"AmazonSQS.SendMessageBatch"}, "the function should have gone the slow way"


def test_a_message_that_is_too_large_for_an_invocation(both: Copy) -> None:
    """It is sent in parts. Logs, because as events it would take the test half an hour."""
    good, [large] = messages(4, 5), messages(1, 12_000)
    small = [{"Title": event["Title"]} for event in large]
    with polling_paused(both):
        both.publish(small, *good)
    wanted = titles([*good, small])
    assert both.datadog.wait(lambda: len(both.datadog.logs) >= len(wanted), 60), both.story(len(wanted))
    wait_until_empty(both)
    order = [re.findall(r"n\d{7}", got["message"])[0] for got in both.datadog.logs]
    assert Counter(order) == dict.fromkeys(wanted, 1)
    assert titles(good) <= set(order[:MOST_ENTRIES]), "the neighbours should not wait for the large message"
    assert max(line["Received"] for line in invocations(both)) <= MOST_ENTRIES
