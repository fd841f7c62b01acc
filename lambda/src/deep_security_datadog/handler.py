"""The entry point of the Lambda function, and what lives as long as the execution environment."""

import os
from functools import cache
from typing import Any

from .aws import sdk
from .aws.queues import Queues
from .datadog.api_key import ApiKey
from .datadog.client import DatadogClient
from .datadog.sender import Sender
from .forward import Forwarder
from .settings import Settings

CONCURRENT_REQUESTS = 16


@cache
def _forwarder() -> Forwarder:
    """One per execution environment, so that connections, API key and clients outlive an invocation."""
    settings = Settings.from_environment(os.environ)
    read = sdk.reader(secret_arn=settings.api_key_secret_arn, parameter=settings.api_key_ssm_name)
    key = ApiKey(read, reload_interval=settings.api_key_reload_interval)
    sender = Sender(DatadogClient(connections=CONCURRENT_REQUESTS), key, concurrent_requests=CONCURRENT_REQUESTS)
    queues = Queues(
        queue_url=settings.queue_url,
        dead_letter_queue_url=settings.dead_letter_queue_url,
        visibility_timeout=settings.queue_visibility_timeout,
        largest=settings.queue_largest_message,
    )
    return Forwarder(settings, sender, queues)


def lambda_handler(payload: Any, context: Any) -> dict[str, Any]:
    """Forwards the events in SNS or SQS records, or in redriven messages (see `envelope`).

    Returns `{"batchItemFailures": [{"itemIdentifier": <SQS message id>}, …]}`, the records to retry.
    Raises NotDelivered if something that no queue keeps was not delivered, so that Lambda retries, and SettingsError.
    """
    return _forwarder().forward(
        payload,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        request_id=getattr(context, "aws_request_id", ""),
    )
