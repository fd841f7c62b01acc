"""What the payload asks of AWS on each of its paths: recorded where botocore sends it, with AWS and Datadog mocked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import boto3
import pytest
import responses

from deep_security_datadog import handler
from deep_security_datadog.aws import sdk as aws
from deep_security_datadog.datadog import sender
from deep_security_datadog.forward import NotDelivered
from tests.permissions.calls import FROM_THE_FUNCTION, FUNCTION, REGION, Call
from tests.permissions.modes import queue_arn
from tests.support import EVENTS_URL, sample, sns_record, sqs_record

EVENT = sample("TestSNS")[0]


class Path(NamedTuple):
    """A message, and Datadog's answers to it."""

    message: object
    answers: Sequence[int] = ()


# The key is read, and once more; the message is shown again; a remainder and a refusal go to their queues. What is not
# asked for here would be a permission that is not used.
PATHS = (Path([EVENT], [401]), Path([EVENT, EVENT], [202, 503]), Path([EVENT], [400]), Path("no JSON"))


class _Context:
    aws_request_id = "q-1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


def record(environment: Mapping[str, str]) -> list[Call]:
    """What the payload asks of AWS where boto3 is mocked."""
    requests: list[tuple[Any, Mapping[str, Any], str]] = []
    aws._session.cache_clear()
    aws._session().get_component("event_emitter").register(
        "provide-client-params",
        lambda params, model, context, **_: requests.append((model, params, context["client_region"])),
    )
    payload = _queue_payload if "QUEUE_URL" in environment else _direct_payload
    for path in PATHS:
        # It insists that each of the answers is asked for.
        with _function(environment), responses.RequestsMock() as datadog, suppress(NotDelivered):
            for status in path.answers:
                datadog.post(EVENTS_URL, status=status)
            handler.lambda_handler(payload(path), _Context())
    return [_call(*request) for request in requests]


@contextmanager
def _function(environment: Mapping[str, str]) -> Iterator[None]:
    """A new execution environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}.items():
            patch.setenv(name, value)
        patch.setenv("AWS_LAMBDA_FUNCTION_NAME", FUNCTION)
        # Each answer is one attempt.
        patch.setattr(sender, "MOST_ATTEMPTS", 1)
        handler._forwarder.cache_clear()
        try:
            yield
        finally:
            handler._forwarder.cache_clear()


def _queue_payload(path: Path) -> dict[str, Any]:
    handed_over = {"receiptHandle": "h", "attributes": {"ApproximateReceiveCount": "1"}}
    return {"Records": [sqs_record(path.message) | handed_over]}


def _direct_payload(path: Path) -> dict[str, Any]:
    return {"Records": [sns_record(path.message)]}


# Which resource a request is about, as AWS itself says. A service that is missing here is new to the payload: it needs
# an entry, and the role a permission.
_RESOURCES: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "secretsmanager": lambda client, params: client.describe_secret(SecretId=params["SecretId"])["ARN"],
    "ssm": lambda client, params: client.get_parameter(Name=params["Name"])["Parameter"]["ARN"],
    "sqs": lambda client, params: queue_arn(client, params["QueueUrl"]),
}


def _call(model: Any, params: Mapping[str, Any], region: str) -> Call:
    service = model.service_model.service_name
    resource = _RESOURCES[service](boto3.client(service, region_name=region), params)
    action = action_of(model.service_model.signing_name, model.name)
    return Call(action=action, resource=resource, context=FROM_THE_FUNCTION, why="the payload")


def action_of(prefix: str, operation: str) -> str:
    """What IAM is asked for. A batch of SQS needs the permission of the single action.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html
    """
    return f"{prefix}:{operation.removesuffix('Batch') if prefix == 'sqs' else operation}"
