"""From the dead-letter queue back to Datadog, in each form that AWS and the function put there."""

import json
import time
from typing import Any

from tests.end_to_end.stack import PATIENCE_SECONDS, Copy
from tools import samples
from tools.fake_datadog.faults import always, respond


def kept(copy: Copy) -> str:
    """The next message of the dead-letter queue."""
    sqs, url = copy.aws.client("sqs"), copy.outputs["dead_letter_queue_url"]
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")):
        assert time.monotonic() < end, copy.story(0)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
    return str(found[0]["Body"])


def sns_event(message: str) -> dict[str, Any]:
    """What SNS invokes the function with. The emulator retries only what is invoked asynchronously by itself."""
    notification = {"Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:a:1:b", "Message": message}
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification}]}


def invoke(copy: Copy, payload: str) -> None:
    copy.aws.client("lambda").invoke(
        FunctionName=copy.outputs["function_name"], InvocationType="Event", Payload=payload.encode()
    )


def test_way_back_with_direct_delivery(direct: Copy) -> None:
    """Datadog is down for all three attempts; the record of the failed invocation brings the events later."""
    message = samples.encode(samples.messages()["SystemEvent"])
    direct.datadog.faults.append(always(respond(503)))
    invoke(direct, json.dumps(sns_event(message)))
    body = kept(direct)
    assert json.loads(body)["requestContext"]["condition"] == "RetriesExhausted"
    direct.datadog.clear()
    invoke(direct, body)
    assert len(direct.received(2)) == 2
