"""What is sent to SQS, against an SQS that checks it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from deep_security_datadog import aws
from deep_security_datadog.queues import NotSent, Queues
from deep_security_datadog.settle import Refusal, Settlement


@pytest.fixture
def sqs(fake_aws: None) -> Any:
    return boto3.client("sqs")


@pytest.fixture
def urls(sqs: Any) -> list[str]:
    """Of a queue and its dead-letter queue."""
    return [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("queue", "dead-letter")]


def test_refusals_and_remainders(sqs: Any, urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deep_security_datadog.queues.REMAINDER_DELAY", 0)
    queue, dead_letter = urls
    refusal = Refusal(body="[1]", reason="events: HTTP 400", status=400, origin="m-1")
    Queues(queue_url=queue, dead_letter_queue_url=dead_letter).carry_out(
        Settlement(refusals=(refusal,), remainders=("one", "two"))
    )
    (kept,) = sqs.receive_message(QueueUrl=dead_letter, MessageAttributeNames=["All"])["Messages"]
    assert kept["Body"] == "[1]"
    attributes = {name: value["StringValue"] for name, value in kept["MessageAttributes"].items()}
    assert attributes == {"reason": "events: HTTP 400", "status": "400", "origin": "m-1"}
    bodies = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in bodies) == ["one", "two"]


def test_a_remainder_is_delayed(sqs: Any, urls: list[str]) -> None:
    Queues(queue_url=urls[0], dead_letter_queue_url=urls[1]).carry_out(Settlement(remainders=("one",)))
    assert "Messages" not in sqs.receive_message(QueueUrl=urls[0])
    attributes = sqs.get_queue_attributes(QueueUrl=urls[0], AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert attributes["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}


def test_attributes_have_a_length_that_fits(sqs: Any, urls: list[str]) -> None:
    refusal = Refusal(body="[1]", reason="r" * 5000)
    Queues(queue_url=None, dead_letter_queue_url=urls[1]).carry_out(Settlement(refusals=(refusal,)))
    (kept,) = sqs.receive_message(QueueUrl=urls[1], MessageAttributeNames=["All"])["Messages"]
    assert {name: len(value["StringValue"]) for name, value in kept["MessageAttributes"].items()} == {"reason": 500}


def test_an_empty_text_can_be_kept(sqs: Any, urls: list[str]) -> None:
    queue, dead_letter = urls
    refusal = Refusal(body="", reason="not readable as JSON")
    Queues(queue_url=queue, dead_letter_queue_url=dead_letter).carry_out(Settlement(refusals=(refusal,)))
    assert len(sqs.receive_message(QueueUrl=dead_letter)["Messages"]) == 1


def test_a_queue_that_refuses_is_reported_without_content(urls: list[str]) -> None:
    queues = Queues(queue_url=urls[0] + "-absent", dead_letter_queue_url=None)
    with pytest.raises(NotSent) as raised:
        queues.carry_out(Settlement(remainders=("secret-content",)))
    assert "NonExistentQueue" in str(raised.value)
    assert "secret-content" not in str(raised.value)


def test_no_answer_of_sqs_is_reported_without_content(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        @staticmethod
        def send_message(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://sqs")

    monkeypatch.setattr(aws, "client", lambda _: Unreachable())
    with pytest.raises(NotSent, match=r"^EndpointConnectionError$"):
        Queues(queue_url="https://sqs/queue", dead_letter_queue_url=None).carry_out(Settlement(remainders=("x",)))


def test_nothing_to_do_needs_no_queue_and_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(aws, "client")
    Queues(queue_url=None, dead_letter_queue_url=None).carry_out(Settlement(comes_back=True))


def test_no_queue_is_not_a_success() -> None:
    with pytest.raises(NotSent, match="no queue"):
        Queues(queue_url=None, dead_letter_queue_url=None).carry_out(
            Settlement(refusals=(Refusal(body=json.dumps({}), reason="x"),))
        )
