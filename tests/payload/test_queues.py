"""What is sent to SQS, against an SQS that checks it."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from deep_security_datadog import aws
from deep_security_datadog.envelope import Record
from deep_security_datadog.queues import NotSent, Queues
from deep_security_datadog.settle import Refusal, Remainder, Settlement


@pytest.fixture
def sqs(fake_aws: None) -> Any:
    return boto3.client("sqs")


@pytest.fixture
def urls(sqs: Any) -> list[str]:
    """Of a queue and its dead-letter queue."""
    return [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("queue", "dead-letter")]


def made(queue: str | None, dead_letter: str | None) -> Queues:
    return Queues(queue_url=queue, dead_letter_queue_url=dead_letter, visibility_timeout=180)


def carry_out(queues: Queues, settlement: Settlement, seconds: float = 60) -> None:
    queues.carry_out(settlement, seconds_left=lambda: seconds)


def messages_of(sqs: Any, url: str) -> list[Any]:
    found: list[Any] = []
    while more := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        found += more
    return found


def test_refusals_and_remainders(sqs: Any, urls: list[str]) -> None:
    queue, dead_letter = urls
    refusal = Refusal(body="[1]", reason="events: HTTP 400", status=400, origin="m-1")
    remainders = (Remainder("one", 0), Remainder("two", 0))
    carry_out(made(queue, dead_letter), Settlement((refusal,), remainders))
    (kept,) = messages_of(sqs, dead_letter)
    assert kept["Body"] == "[1]"
    attributes = {name: value["StringValue"] for name, value in kept["MessageAttributes"].items()}
    assert attributes == {"reason": "events: HTTP 400", "status": "400", "origin": "m-1"}
    assert sorted(message["Body"] for message in messages_of(sqs, queue)) == ["one", "two"]


@pytest.mark.parametrize(("count", "length", "calls"), [(10, 10, 1), (11, 10, 2), (160, 10, 16), (4, 200_000, 4)])
def test_messages_are_sent_in_batches(monkeypatch: pytest.MonkeyPatch, count: int, length: int, calls: int) -> None:
    sqs = FakeSqs()
    bodies = [f"{number:06}".ljust(length, "x") for number in range(count)]
    carry_out(fake(monkeypatch, sqs), Settlement(tuple(Refusal(body, "r") for body in bodies)))
    assert [name for name, _ in sqs.calls] == ["send_message_batch"] * calls
    assert [entry["MessageBody"] for _, entries in sqs.calls for entry in entries] == bodies


@pytest.mark.parametrize(("generation", "asked", "delayed"), [(0, 0.0, "0"), (1, 0.0, "1"), (1, 100.0, "1")])
def test_a_remainder_is_delayed(sqs: Any, urls: list[str], generation: int, asked: float, delayed: str) -> None:
    carry_out(made(*urls), Settlement(remainders=(Remainder("one", generation),), retry_after=asked))
    attributes = sqs.get_queue_attributes(QueueUrl=urls[0], AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert attributes["Attributes"] == {"ApproximateNumberOfMessagesDelayed": delayed}


class FakeSqs:
    """Remembers what it is asked for; each call takes a while."""

    def __init__(self, seconds: float = 0.0, failed: tuple[str, ...] = ()) -> None:
        self.calls: list[tuple[str, list[dict[str, Any]]]] = []
        self._seconds = seconds
        self._failed = failed

    def __getattr__(self, name: str) -> Any:
        def call(*, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 (names of AWS)
            assert QueueUrl
            time.sleep(self._seconds)
            self.calls.append((name, Entries))
            return {"Failed": [{"Id": "0", "Code": code} for code in self._failed]}

        return call


def fake(monkeypatch: pytest.MonkeyPatch, sqs: FakeSqs) -> Queues:
    monkeypatch.setattr(aws, "client", lambda _: sqs)
    return made("https://sqs/queue", "https://sqs/dead-letter")


@pytest.mark.parametrize(
    ("generation", "asked", "least", "most"), [(1, 0, 8, 10), (3, 0, 32, 40), (1, 60, 60, 60), (99, 0, 180, 180)]
)
def test_the_delay_grows_with_the_generation_or_is_what_datadog_asked_for(
    monkeypatch: pytest.MonkeyPatch, generation: int, asked: float, least: int, most: int
) -> None:
    sqs = FakeSqs()
    carry_out(fake(monkeypatch, sqs), Settlement(remainders=(Remainder("x", generation),), retry_after=asked))
    ((_, (message,)),) = sqs.calls
    assert least <= message["DelaySeconds"] <= most


def test_what_cannot_be_sent_in_time_is_not_sent_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs()
    settlement = Settlement(tuple(Refusal("x", "r") for _ in range(160)))
    with pytest.raises(NotSent, match="out of time"):
        carry_out(fake(monkeypatch, sqs), settlement, seconds=1.0)
    assert not sqs.calls


def test_a_queue_that_hangs_does_not_hold_the_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.monotonic()
    with pytest.raises(NotSent, match="no answer within"):
        carry_out(fake(monkeypatch, FakeSqs(60)), Settlement(remainders=(Remainder("x", 1),)), seconds=1.0)
    assert time.monotonic() - started < 30


def test_a_message_that_sqs_refuses_is_not_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotSent, match="InvalidMessageContents"):
        carry_out(fake(monkeypatch, FakeSqs(failed=("InvalidMessageContents",))), Settlement((Refusal("x", "r"),)))


def returned(count: int, receives: int = 1, **settlement: Any) -> list[tuple[Record, Settlement]]:
    records = []
    for number in range(count):
        record = Record(f"r-{number}", ())
        record.receipt_handle, record.receives = f"handle-{number}", receives
        records.append((record, Settlement(comes_back=True, **settlement)))
    return records


@pytest.mark.parametrize(
    ("receives", "options", "least", "most"),
    [(1, {}, 8, 10), (2, {}, 16, 20), (1, {"retry_after": 60.0}, 60, 60)],
)
def test_a_message_that_failed_is_visible_again_soon(
    monkeypatch: pytest.MonkeyPatch, receives: int, options: dict[str, Any], least: int, most: int
) -> None:
    sqs = FakeSqs()
    fake(monkeypatch, sqs).delay_return(returned(12, receives, **options), seconds_left=lambda: 60)
    assert [(name, len(entries)) for name, entries in sqs.calls] == [
        ("change_message_visibility_batch", 10),
        ("change_message_visibility_batch", 2),
    ]
    seconds = [entry["VisibilityTimeout"] for _, entries in sqs.calls for entry in entries]
    assert least <= min(seconds) and max(seconds) <= most


def test_after_many_attempts_the_visibility_timeout_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs()
    fake(monkeypatch, sqs).delay_return(returned(1, 1, retry_after=500.0), seconds_left=lambda: 60)
    assert not sqs.calls


@pytest.mark.parametrize("seconds", [60.0, 0.1])
def test_if_sqs_does_not_take_it_nothing_changes(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")

    sqs = FakeSqs()
    monkeypatch.setattr(sqs, "change_message_visibility_batch", unreachable, raising=False)
    fake(monkeypatch, sqs).delay_return(returned(30), seconds_left=lambda: seconds)


def test_attributes_have_a_length_that_fits(sqs: Any, urls: list[str]) -> None:
    carry_out(made(None, urls[1]), Settlement(refusals=(Refusal(body="[1]", reason="r" * 5000),)))
    (kept,) = messages_of(sqs, urls[1])
    assert {name: len(value["StringValue"]) for name, value in kept["MessageAttributes"].items()} == {"reason": 500}


def test_an_empty_text_can_be_kept(sqs: Any, urls: list[str]) -> None:
    carry_out(made(*urls), Settlement(refusals=(Refusal(body="", reason="not readable as JSON"),)))
    assert len(messages_of(sqs, urls[1])) == 1


def test_a_queue_that_refuses_is_reported_without_content(urls: list[str]) -> None:
    with pytest.raises(NotSent) as raised:
        carry_out(made(urls[0] + "-absent", None), Settlement(remainders=(Remainder("secret-content", 1),)))
    assert "NonExistentQueue" in str(raised.value)
    assert "secret-content" not in str(raised.value)


def test_no_answer_of_sqs_is_reported_without_content(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        @staticmethod
        def send_message_batch(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://sqs")

    monkeypatch.setattr(aws, "client", lambda _: Unreachable())
    with pytest.raises(NotSent, match=r"^EndpointConnectionError$"):
        carry_out(made("https://sqs/queue", None), Settlement(remainders=(Remainder("x", 1),)))


def test_nothing_to_do_needs_no_queue_and_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(aws, "client")
    carry_out(made(None, None), Settlement())
    made(None, None).delay_return([], seconds_left=lambda: 60)


def test_no_queue_is_not_a_success() -> None:
    with pytest.raises(NotSent, match="no queue"):
        carry_out(made(None, None), Settlement(refusals=(Refusal(body=json.dumps({}), reason="x"),)))
