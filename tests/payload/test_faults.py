"""Hostile messages and dependencies that hang: the invocation ends in time, and the neighbours get through."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deep_security_datadog.aws import admission
from deep_security_datadog.datadog.api_key import ApiKey
from deep_security_datadog.datadog.client import DatadogClient
from deep_security_datadog.datadog.sender import Sender
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.handler import CONCURRENT_REQUESTS as CONCURRENT
from deep_security_datadog.settings import Settings
from tests.support import FakeQueues, sample, sqs_record
from tools import fake_datadog
from tools.fake_datadog import API_KEY, FakeDatadog
from tools.fake_datadog.faults import always, respond

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDatadog]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with fake_datadog.running() as running:
        yield running


class Invocation:
    """A forwarder as in Lambda, with a clock that ends."""

    def __init__(self, url: str, *, read: Callable[[], str] = lambda: API_KEY) -> None:
        environment = {"DD_API_KEY_SSM_NAME": "/datadog", "DESTINATIONS": json.dumps({"events": {"url": url}})}
        self.queues = FakeQueues()
        key = ApiKey(read, reload_interval=300)
        sender = Sender(DatadogClient(connections=CONCURRENT), key, concurrent_requests=CONCURRENT)
        self._forwarder = Forwarder(Settings.from_environment(environment), sender, self.queues)
        self.seconds = 0.0

    def __call__(self, *records: dict[str, Any], timeout: float = 30) -> list[str]:
        """The ids of the records that come back."""
        started = time.monotonic()
        answer = self._forwarder.forward(
            {"Records": list(records)}, seconds_left=lambda: started + timeout - time.monotonic(), request_id="q"
        )
        self.seconds = time.monotonic() - started
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def good(count: int = 9) -> list[dict[str, Any]]:
    return [sqs_record(sample("PayloadLog"), record_id=f"good-{number}") for number in range(count)]


def events(count: int) -> dict[str, Any]:
    return sqs_record([{"EventType": "SystemEvent", "EventID": number, "Title": "t"} for number in range(count)])


# Messages ----------------------------------------------------------------------------------------------------------


def test_blanks_before_a_control_character_cost_no_time(intake: FakeDatadog) -> None:
    """5.3 seconds each, before: eight took 42 seconds, and the invocation was killed."""
    hostile = [{"EventType": "SystemEvent", "Title": " " * 30_000 + "\x01\r"} for _ in range(8)]
    invocation = Invocation(intake.url)
    assert invocation(sqs_record(hostile, record_id="hostile"), *good()) == []
    assert len(intake.events) == 8 + 9
    assert invocation.seconds < 20


def test_a_message_that_no_invocation_takes_is_sent_in_parts_and_its_neighbours_go_on(intake: FakeDatadog) -> None:
    invocation = Invocation(intake.url)
    large = sqs_record(f"[{','.join(['{}'] * 12_000)}]", record_id="large")
    assert invocation(large, *good()) == []
    (remainder,), (body,) = invocation.queues.remainders, invocation.queues.bodies
    left = len(json.loads(json.loads(body)["Message"]))
    assert len(intake.events) - 9 + left == 12_000 and left <= 7_009
    assert remainder.generation == 0, "it is not delayed"


def test_each_message_has_its_share(intake: FakeDatadog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest would come back again and again while traffic is steady, until it is in the dead-letter queue."""
    monkeypatch.setattr(admission, "MOST_ENTRIES", 100)
    invocation = Invocation(intake.url)
    large = [sqs_record(f"[{','.join(['1,{}'] * 40)}]", record_id=f"large-{number}") for number in range(3)]
    assert invocation(*large, *good()) == []
    left = [json.loads(json.loads(body)["Message"]).count({}) for body in invocation.queues.bodies]
    assert len(intake.events) - 9 == 3 * 40 - sum(left) and len(left) == 3 and max(left) < 40


def test_without_a_queue_what_no_invocation_takes_is_kept(intake: FakeDatadog) -> None:
    """Lambda would try the same again."""
    notification = json.loads(sqs_record(f"[{','.join(['{}'] * 5_001)}]")["body"])
    invocation = Invocation(intake.url)
    assert invocation({"EventSource": "aws:sns", "Sns": notification}) == []
    (refusal,) = invocation.queues.refusals
    assert refusal.reason == "not delivered, and too large to be tried again without a queue"


def test_the_non_events_of_a_message_are_one_refusal(intake: FakeDatadog) -> None:
    invocation = Invocation(intake.url)
    assert invocation(sqs_record(f"[{','.join(['1'] * 130_000)}]", record_id="ones"), *good()) == []
    assert [refusal.reason for refusal in invocation.queues.refusals] == [
        "a number where an event (a JSON object) was expected; 130000 such elements"
    ]


def test_a_long_integer_costs_only_itself(intake: FakeDatadog) -> None:
    invocation = Invocation(intake.url)
    message = '[{"EventType":"SystemEvent","EventID":%s},{"EventType":"SystemEvent"}]' % ("7" * 5_000)
    assert invocation(sqs_record(message)) == []
    assert len(intake.events) == 2


# Dependencies ------------------------------------------------------------------------------------------------------


def test_what_datadog_asks_for_reaches_the_queue(intake: FakeDatadog) -> None:
    intake.faults.append(always(respond(429, "", {"X-RateLimit-Reset": "60"})))
    invocation = Invocation(intake.url)
    assert invocation(events(20)) == ["r-1"]
    ((_, asked),) = invocation.queues.returned
    assert asked == 60
