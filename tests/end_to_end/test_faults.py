"""Nothing is lost and nothing is doubled, whatever goes wrong, with the real zip between SNS and the fake Datadog.

Each test counts unique and repeated arrivals. Where a repetition cannot be avoided, the number is stated.
"""

import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import psutil
import pytest

from tests.end_to_end.stack import PATIENCE_SECONDS, ROTATED_KEY, Copy
from tests.end_to_end.traffic import (
    CHAIN_DELAY_SECONDS,
    arrivals,
    busy_after,
    dead_letters,
    invocations,
    messages,
    one_event_per_invocation,
    polling_paused,
    reasons,
    settle,
    shorter_delays,
    titles,
)
from tests.faults import every, first, reset
from tools.fake_datadog.faults import Fault, respond, when
from tools.fake_datadog.intake import Request

OUTAGE_SECONDS = 30
# A minute, and what a busy machine takes; the visibility timeout would be three.
AFTER_OUTAGE_SECONDS = 100
# What goes wrong, how many messages are published meanwhile, and how many events each has.
FAULTS: dict[str, tuple[Callable[[], Fault], int, int]] = {
    "every second request 500": (lambda: every(2, respond(500)), 4, 5),
    "every fourth connection reset": (lambda: every(4, reset()), 4, 5),
    "answers slower than the timeout": (lambda: first(4, respond(504, after=9)), 2, 5),
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


def test_an_outage_during_100_messages_with_default_settings(defaults: Copy) -> None:
    """Messages that failed came back after the visibility timeout only, which is three minutes."""
    sent = messages(100, 2)
    defaults.datadog.down()
    try:
        defaults.publish(*sent[:60])
        time.sleep(OUTAGE_SECONDS)
        defaults.publish(*sent[60:])
    finally:
        defaults.datadog.up()
    back = time.monotonic()
    complete = defaults.datadog.wait(lambda: set(arrivals(defaults)) == titles(sent), AFTER_OUTAGE_SECONDS)
    assert complete, defaults.story(200)
    print(f"all arrived {time.monotonic() - back:.0f} s after the end of the outage")
    settle(defaults, sent)
    assert dead_letters(defaults) == []


def test_nothing_is_sent_before_datadog_wants_it(faults: Copy) -> None:
    """One message is accepted in part, others not at all: the remainder waits as long as what comes back whole."""
    seconds = 15
    faults.datadog.faults.append(busy_after(4, seconds))
    sent = messages(3, 10)
    with polling_paused(faults):
        faults.publish(*sent)
    settle(faults, sent)
    times = sorted(request.received for request in faults.datadog.requests)
    longest = max(after - before for before, after in pairwise(times))
    print(f"the longest pause was {longest:.1f} s")
    assert longest > seconds - 1


def test_key_rotated_in_mid_stream(faults: Copy) -> None:
    sent = messages(20, 3)
    faults.publish(*sent[:10])
    faults.datadog.wait(lambda: len(faults.datadog.events) >= 5, PATIENCE_SECONDS)
    try:
        faults.aws.store(faults.outputs["secret_arn"], ROTATED_KEY)
        faults.datadog.keys = {ROTATED_KEY}
        faults.publish(*sent[10:])
        settle(faults, sent)
    finally:
        faults.aws.store(faults.outputs["secret_arn"], faults.api_key)


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


def test_a_chain_of_remainders(faults: Copy) -> None:
    """Lambda allows it whatever its length (test_stack.py); the emulator does not count through queues."""
    [message] = messages(1, 6)
    faults.datadog.faults.append(one_event_per_invocation())
    with shorter_delays(faults, CHAIN_DELAY_SECONDS):
        before = len(invocations(faults))
        faults.publish(message)
        settle(faults, [message])
    assert dead_letters(faults) == []
    generations = [line for line in invocations(faults)[before:] if line["Requeued"]]
    # An invocation that stalls may get a second event through.
    assert len(generations) >= 3
    assert {line["Requeued"] for line in generations} == {1}, "each invocation should put back one remainder"
    assert len({tuple(line["records"]) for line in generations}) == 1, "all should be remainders of one message"


def test_burst_of_1000_events(faults: Copy) -> None:
    """The article's own forwarder delivers one event of each message: 40."""
    sent = messages(40, 25)
    faults.publish(*sent)
    settle(faults, sent)
