"""Why Lambda takes a chain of remainders for a recursive loop, so that aws_lambda_function_recursion_config allows it.

In a function, the SDK passes on the trace header of the invocation, with the lineage that Lambda counts. If this fails
after an update, see whether the resource is still needed: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from deep_security_datadog.aws import sdk as aws

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:2e8cd6d2:{hops}"
IN_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "deep-security-datadog", "_X_AMZN_TRACE_ID": TRACE.format(hops=15)}

# Sends a message; the result is the trace header of the request, None without one.
Send: TypeAlias = Callable[[], str | None]


@pytest.fixture
def send(fake_aws: None, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Within an invocation."""
    for name, value in IN_LAMBDA.items():
        monkeypatch.setenv(name, value)
    headers: list[str | None] = []

    def record(request: object, **_: object) -> None:
        value = request.headers.get("X-Amzn-Trace-Id")  # type: ignore[attr-defined]
        headers.append(value.decode() if isinstance(value, bytes) else value)

    sqs = aws.client("sqs", read_timeout=4.0)
    sqs.meta.events.register("before-send.sqs.SendMessage", record)
    url = sqs.create_queue(QueueName="queue")["QueueUrl"]

    def send() -> str | None:
        sqs.send_message(QueueUrl=url, MessageBody="remainder")
        return headers.pop()

    return send


def test_a_remainder_carries_the_lineage_of_its_invocation(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client lives as long as the execution environment, a lineage as long as the invocation."""
    for hops in (1, 2):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE.format(hops=hops))
        assert send() == TRACE.format(hops=hops), "SendMessage should carry the trace header, lineage included"


@pytest.mark.parametrize("name", IN_LAMBDA)
def test_no_lineage_outside_of_an_invocation(send: Send, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    assert send() is None, f"SendMessage should carry no trace header without {name}"
