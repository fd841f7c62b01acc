"""The entry point of the Lambda function."""

import os
from functools import cache
from typing import Any

from .forward import Forwarder
from .settings import Settings


@cache
def _forwarder() -> Forwarder:
    """One per execution environment, so that connections, API key and clients outlive an invocation."""
    return Forwarder.from_settings(Settings.from_environment(os.environ))


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
