"""The entry point of the Lambda function."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from .forward import Forwarder
from .settings import Settings


@cache
def _forwarder() -> Forwarder:
    """Made once per execution environment: connections, API key and clients are kept between invocations."""
    return Forwarder.from_settings(Settings.from_environment(os.environ))


def lambda_handler(payload: Any, context: Any) -> dict[str, Any]:
    """Forwards the events of SNS or SQS records, or of what a redrive brings (see `envelope`).

    Returns `{"batchItemFailures": [{"itemIdentifier": <SQS message id>}, …]}`, the records that have to come back.
    Raises NotDelivered if something that no queue keeps was not delivered, so that Lambda tries again, and
    SettingsError if the environment is unusable.
    """
    return _forwarder().forward(
        payload,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        request_id=getattr(context, "aws_request_id", ""),
    )
