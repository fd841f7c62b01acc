"""Nothing is lost and nothing is doubled, whatever goes wrong, with the real zip between SNS and the fake Datadog.

Each test counts unique and repeated arrivals. Where a repetition cannot be avoided, the number is stated.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise

import psutil
import pytest

from tests.end_to_end.stack import Copy
from tests.end_to_end.traffic import (
    AFTER_BLIP_SECONDS,
    CHAIN_DELAY_SECONDS,
    PATIENCE_SECONDS,
    Blip,
    arrivals,
    busy_after,
    dead_letters,
    invocations,
    messages,
    one_event_per_invocation,
    polling_paused,
    reasons,
    settle,
    shorten_delays,
    titles,
)
from tests.faults import every, first, reset
from tools.fake_datadog.faults import Fault, Outcome, delay, respond, when
from tools.fake_datadog.intake import Request

# What goes wrong, how many messages are published meanwhile, and how many events each has.
FAULTS: dict[str, tuple[Callable[[], Fault], int, int]] = {
    "every second request 500": (lambda: every(2, respond(500)), 4, 5),
    "every third 429 with headers": (
        lambda: every(3, respond(429, "", {"Retry-After": "1", "X-RateLimit-Reset": "1"})),
        4,
        5,
    ),
    "every fourth connection reset": (lambda: every(4, reset()), 4, 5),
    "answers slower than the timeout": (lambda: first(4, respond(504, after=9)), 2, 5),
    "503 with a page of a proxy": (lambda: first(40, respond(503, "<html>Service unavailable</html>")), 3, 10),
    # As many as one message and a half are sent in an invocation, so that some come back.
    "200 with a page of a proxy": (lambda: first(60, respond(200, "<html>Sign in</html>")), 3, 10),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_event_arrives_once(faults: Copy, fault: str) -> None:
    make, count, events_each = FAULTS[fault]
    faults.datadog.faults.append(make())
    sent = messages(count, events_each)
    faults.publish(*sent)
    settle(faults, sent)


def test_accepted_then_the_connection_dies(faults: Copy) -> None:
    """The one thing that doubles: as many as answers were lost."""
    fault = every(5, reset(after_accepting=True))
    faults.datadog.faults.append(fault)
    sent = messages(4, 5)
    faults.publish(*sent)
    settle(faults, sent, repeated=8)
    assert sum(arrivals(faults).values()) == 20 + faults.datadog.answers.count(0)


def test_down_for_a_minute_during_100_messages(faults: Copy) -> None:
    sent = messages(100, 2)
    faults.datadog.down()
    try:
        faults.publish(*sent[:60])
        time.sleep(60)
        faults.publish(*sent[60:])
    finally:
        faults.datadog.up()
    back = time.monotonic()
    settle(faults, sent)
    print(f"all arrived {time.monotonic() - back:.0f} s after the end of a minute")
    assert dead_letters(faults) == []


def test_a_blip_with_default_settings(after_blip: Blip) -> None:
    """Messages that failed came back after the visibility timeout only, which is three minutes."""
    assert after_blip.seconds is not None, f"not all within {AFTER_BLIP_SECONDS} s\n{after_blip.story}"
    print(f"all arrived {after_blip.seconds:.0f} s after the end of the blip")
    assert after_blip.arrived == dict.fromkeys(titles(after_blip.sent), 1)


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_nothing_is_sent_before_datadog_wants_it(faults: Copy, header: str) -> None:
    """One message is accepted in part, others not at all: the remainder waits as long as what comes back whole."""
    seconds = 15
    faults.datadog.faults.append(busy_after(4, seconds, header))
    sent = messages(3, 10)
    with polling_paused(faults):
        faults.publish(*sent)
    settle(faults, sent)
    times = sorted(request.received for request in faults.datadog.requests)
    pauses = [after - before for before, after in pairwise(times)]
    print(f"{header}: the longest pause was {max(pauses):.1f} s")
    assert seconds - 1 < max(pauses) < seconds + 10


def test_key_rotated_in_mid_stream(faults: Copy) -> None:
    sent = messages(20, 3)
    faults.publish(*sent[:10])
    faults.datadog.wait(lambda: len(faults.datadog.events) >= 5, PATIENCE_SECONDS)
    old, new = faults.api_key, "rotated-key"
    faults.aws.client("secretsmanager").put_secret_value(SecretId=faults.outputs["secret_arn"], SecretString=new)
    faults.datadog.keys = {new}
    try:
        faults.publish(*sent[10:])
        settle(faults, sent)
    finally:
        faults.datadog.keys = {old, new}


def test_one_event_refused(faults: Copy) -> None:
    sent = messages(3, 5)
    culprit = sent[1][2]["Title"]
    faults.datadog.faults.append(when(lambda request: culprit.encode() in request.body, respond(400)))
    faults.publish(*sent)
    settle(faults, sent, missing={culprit})
    [kept] = dead_letters(faults)
    attributes = {name: value["StringValue"] for name, value in kept["MessageAttributes"].items()}
    assert attributes.pop("origin")
    assert attributes == {"reason": "events: HTTP 400", "status": "400"}
    assert json.loads(json.loads(kept["Body"])["Message"]) == [sent[1][2]]
    # The cause is gone, and the message is put back by hand, as a redrive does.
    faults.datadog.faults.clear()
    faults.aws.client("sqs").send_message(QueueUrl=faults.outputs["queue_url"], MessageBody=kept["Body"])
    settle(faults, sent)


def test_odd_messages_between_good_ones(faults: Copy) -> None:
    sns, topic = faults.aws.client("sns"), faults.outputs["topic_arn"]
    sent = messages(4, 2)
    large = messages(1, 1)
    large[0][0]["Description"] = "x" * (262_144 - len(json.dumps(large[0])) - 100)
    odd = ["not JSON", "12", "[[1]]", '[null, "text"]', "{", " "]
    for good, text in zip([*sent, *large], odd, strict=False):
        faults.publish(good)
        sns.publish(TopicArn=topic, Message=text)
    sns.publish(TopicArn=topic, Message=odd[-1])
    settle(faults, sent + large)
    found = reasons(dead_letters(faults))
    assert sum(found.values()) == len(odd), "all of a message that is no event should be one refusal"
    assert {reason.split(" (")[0] for reason in found} == {
        "not readable as JSON",
        "a number where an event",
        "an array where an event",
        "null where an event",
    }
    assert found["null where an event (a JSON object) was expected; 2 such elements"] == 1


def workers(name: str) -> Iterator[psutil.Process]:
    """Processes in which the emulator runs the function."""
    for process in psutil.process_iter(["cmdline"]):
        if f"ministack-lambda-{name}-" in " ".join(process.info["cmdline"] or ()):
            yield process


def test_killed_in_mid_batch(faults: Copy) -> None:
    """What was accepted before the kill is sent again: not more than that."""
    sent = messages(4, 10)
    before: list[int] = []

    def kill(_: Request) -> None:
        if len(faults.datadog.events) >= 12 and not before:
            before.append(len(faults.datadog.events))
            for process in workers(faults.outputs["function_name"]):
                process.kill()

    faults.datadog.faults.append(kill)
    faults.publish(*sent)
    # Requests under way at the kill are accepted too: as many as the function makes at once, in each process.
    settle(faults, sent, repeated=40)
    assert before
    assert sum(arrivals(faults).values()) - 40 <= before[0] + 2 * 16


def test_the_queue_refuses_the_remainder(faults: Copy) -> None:
    sqs, url = faults.aws.client("sqs"), faults.outputs["queue_url"]
    sent = messages(1, 10)
    for event in sent[0]:
        event["Description"] = "x" * 2000
    culprit = sent[0][4]["Title"]
    fault = when(lambda request: culprit.encode() in request.body, respond(500))
    faults.datadog.faults.append(fault)
    faults.publish(*sent)
    # After SNS has put it there, nothing of that size fits any more.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    try:
        log = "not put into the queue"
        end = time.monotonic() + PATIENCE_SECONDS
        while log not in "\n".join(faults.aws.function_log(faults.outputs["function_name"])):
            assert time.monotonic() < end
            time.sleep(0.3)
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "262144"})
        faults.datadog.faults.clear()
    settle(faults, sent)


def test_invocations_at_once(faults: Copy) -> None:
    most: list[int] = []

    def measure(_: Request) -> Outcome:
        most.append(sum("process_request_thread" in thread.name for thread in threading.enumerate()))
        return delay(0.2)

    faults.datadog.faults.append(measure)
    sent = messages(30, 4)
    faults.publish(*sent)
    settle(faults, sent)
    assert max(most) > 16, "more requests at once than one invocation makes"


def test_a_chain_of_more_than_20_remainders(chain: Copy) -> None:
    """Lambda stops one at about 16 unless it is allowed (test_stack.py); the emulator does not count through queues."""
    shorten_delays(chain, CHAIN_DELAY_SECONDS)
    chain.datadog.faults.append(one_event_per_invocation())
    # Some more than needed: an invocation that stalls may get a second event through.
    [message] = messages(1, 23)
    chain.publish(message)
    # Two minutes on a machine that has nothing else to do.
    chain.datadog.wait(lambda: len(arrivals(chain)) == len(message), 2 * PATIENCE_SECONDS)
    settle(chain, [message])
    assert dead_letters(chain) == []
    generations = [line for line in invocations(chain) if line["Requeued"]]
    print(f"{len(message)} events in a chain of {len(generations)} remainders")
    assert len(generations) > 20
    assert {line["Requeued"] for line in generations} == {1}, "each invocation should put back one remainder"
    assert len({tuple(line["records"]) for line in generations}) == 1, "all should be remainders of one message"


@pytest.mark.parametrize("count", [40])
def test_burst_of_1000_events(faults: Copy, count: int) -> None:
    """The article's own forwarder delivers one event of each message: 40."""
    sent = messages(count, 25)
    faults.publish(*sent)
    settle(faults, sent)


def test_a_message_that_sqs_hands_over_twice(faults: Copy) -> None:
    """The same execution environment remembers it. A worker of the emulator is one."""
    sent = messages(1, 5)
    record = {
        "eventSource": "aws:sqs",
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "of-the-test",
        "attributes": {"ApproximateReceiveCount": "1"},
        "body": json.dumps(sent[0]),
    }
    for _ in range(2):
        answer = faults.aws.client("lambda").invoke(
            FunctionName=faults.outputs["function_name"], Payload=json.dumps({"Records": [record]})
        )
        assert json.load(answer["Payload"]) == {"batchItemFailures": []}
    settle(faults, sent)
