"""What the payload asks of AWS on each of its paths: recorded where botocore sends it, with AWS and Datadog mocked."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
import responses

from deep_security_datadog import handler
from deep_security_datadog.aws import sdk as aws
from deep_security_datadog.datadog import sender
from deep_security_datadog.forward import NotDelivered
from tests.permissions.calls import FROM_THE_FUNCTION, FUNCTION, REGION, Call
from tests.support import EVENTS_URL, sample, sqs_record

EVENT = sample("TestSNS")[0]


@dataclass(frozen=True, kw_only=True)
class Path:
    """A message, Datadog's answers to it, and how often the payload then reads the key, sends to each queue, returns.

    Without a queue there is no remainder, so a record that was not settled comes back with its refusals: `direct`.
    Each is a number of calls, of up to ten messages. receives: how often SQS has handed the message over.
    """

    name: str
    message: object
    answers: Sequence[int] = ()
    invocations: int = 1
    receives: int = 1
    environment: tuple[tuple[str, str], ...] = ()
    key_reads: int = 1
    dead_letters: int = 0
    remainders: int = 0
    returns: int = 0


PATHS = (
    Path(name="first event", message=[EVENT], answers=[202]),
    Path(name="key is kept", message=[EVENT], answers=[202, 202], invocations=2),
    Path(
        name="key is old",
        message=[EVENT],
        answers=[202, 202],
        invocations=2,
        environment=(("DD_API_KEY_SECRET_RELOAD_INTERVAL", "0"),),
        key_reads=2,
    ),
    Path(name="401", message=[EVENT], answers=[401], key_reads=2, returns=1),
    Path(name="403", message=[EVENT], answers=[403], key_reads=2, returns=1),
    Path(name="none accepted", message=[EVENT, EVENT], answers=[503, 503], returns=1),
    Path(name="none accepted for long", message=[EVENT], answers=[503], receives=30),
    Path(name="some accepted", message=[EVENT, EVENT], answers=[202, 503], remainders=1),
    Path(name="refused for good", message=[EVENT], answers=[400], dead_letters=1),
    Path(name="refused and none accepted", message=[EVENT, EVENT], answers=[400, 503], dead_letters=1, remainders=1),
    Path(name="no JSON", message="no JSON", key_reads=0, dead_letters=1),
    Path(name="no event beside one", message=[1, EVENT], answers=[202], dead_letters=1),
)


class _Context:
    aws_request_id = "q-1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


def record(environment: Mapping[str, str]) -> dict[str, list[Call]]:
    """What the payload asks of AWS, by the path's name, where boto3 is mocked."""
    requests: list[tuple[Any, Mapping[str, Any], str]] = []
    aws._session.cache_clear()
    aws._session().get_component("event_emitter").register(
        "provide-client-params",
        lambda params, model, context, **_: requests.append((model, params, context["client_region"])),
    )
    # For what the test itself asks.
    session = boto3.Session()
    calls = {}
    for path in PATHS:
        _take({**environment, **dict(path.environment)}, path)
        calls[path.name] = [_call(session, *request) for request in requests]
        requests.clear()
    return calls


def _take(environment: Mapping[str, str], path: Path) -> None:
    payload = _queue_payload if "QUEUE_URL" in environment else _direct_payload
    # It insists that each of the answers is asked for.
    with _function(environment), responses.RequestsMock() as datadog:
        for status in path.answers:
            datadog.post(EVENTS_URL, status=status)
        for number in range(path.invocations):
            with suppress(NotDelivered):
                handler.lambda_handler(payload(path, number), _Context())


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


def _queue_payload(path: Path, number: int) -> dict[str, Any]:
    # Another message each time: what is settled is not sent again.
    record = sqs_record(path.message, record_id=f"r-{number}")
    handed_over = {"receiptHandle": f"h-{number}", "attributes": {"ApproximateReceiveCount": str(path.receives)}}
    return {"Records": [record | handed_over]}


def _direct_payload(path: Path, _number: int) -> dict[str, Any]:
    notification = json.loads(sqs_record(path.message)["body"])
    return {"Records": [{"EventSource": "aws:sns", "Sns": notification}]}


def _secret(client: Any, params: Mapping[str, Any]) -> Any:
    return client.describe_secret(SecretId=params["SecretId"])["ARN"]


def _parameter(client: Any, params: Mapping[str, Any]) -> Any:
    return client.get_parameter(Name=params["Name"])["Parameter"]["ARN"]


def _queue(client: Any, params: Mapping[str, Any]) -> Any:
    answer = client.get_queue_attributes(QueueUrl=params["QueueUrl"], AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


# Which resource a request is about, as AWS itself says. A service that is missing here is new to the payload: it needs
# an entry, and the role a permission.
_RESOURCES: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "secretsmanager": _secret,
    "ssm": _parameter,
    "sqs": _queue,
}


def _call(session: boto3.Session, model: Any, params: Mapping[str, Any], region: str) -> Call:
    service = model.service_model.service_name
    resource = _RESOURCES[service](session.client(service, region_name=region), params)
    action = action_of(model.service_model.signing_name, model.name)
    return Call(action=action, resource=resource, context=FROM_THE_FUNCTION, why="the payload")


def action_of(prefix: str, operation: str) -> str:
    """What IAM is asked for. A batch of SQS needs the permission of the single action.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html
    """
    return f"{prefix}:{operation.removesuffix('Batch') if prefix == 'sqs' else operation}"
