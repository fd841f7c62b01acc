"""What is sent to SQS, against an SQS that checks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deep_security_datadog.queues import NotSent, Queues
from deep_security_datadog.settle import Refusal, Settlement


@pytest.fixture(autouse=True)
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("sqs")


def urls(sqs: Any) -> tuple[str, str]:
    return tuple(sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("queue", "dead-letter"))  # type: ignore[return-value]


def test_refusals_and_remainders(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deep_security_datadog.queues.REMAINDER_DELAY", 0)
    queue, dead_letter = urls(sqs)
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


def test_an_empty_text_can_be_kept(sqs: Any) -> None:
    queue, dead_letter = urls(sqs)
    refusal = Refusal(body="", reason="not readable as JSON")
    Queues(queue_url=queue, dead_letter_queue_url=dead_letter).carry_out(Settlement(refusals=(refusal,)))
    assert len(sqs.receive_message(QueueUrl=dead_letter)["Messages"]) == 1


def test_a_queue_that_refuses_is_reported_without_content(sqs: Any) -> None:
    queues = Queues(queue_url=urls(sqs)[0] + "-absent", dead_letter_queue_url=None)
    with pytest.raises(NotSent) as raised:
        queues.carry_out(Settlement(remainders=("secret-content",)))
    assert "NonExistentQueue" in str(raised.value)
    assert "secret-content" not in str(raised.value)


def test_no_queue_is_not_a_success() -> None:
    with pytest.raises(NotSent, match="no queue"):
        Queues(queue_url=None, dead_letter_queue_url=None).carry_out(
            Settlement(refusals=(Refusal(body=json.dumps({}), reason="x"),))
        )
