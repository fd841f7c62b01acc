"""The Lambda function: opens the envelope, filters and renders, delivers, settles each record."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from .envelope import open_envelope
from .forward import Forwarder
from .settings import Settings


@cache
def _forwarder() -> Forwarder:
    """Once per execution environment: the session, the key and the clients are kept between invocations."""
    return Forwarder.from_settings(Settings.from_environment(os.environ))


def lambda_handler(payload: Any, context: Any) -> dict[str, Any]:
    """Takes SNS or SQS records, or what a redrive brings, and answers with what has to come back.

    payload: see `envelope`. Returns `{"batchItemFailures": [{"itemIdentifier": <SQS message id>}, …]}`.
    Raises NotDelivered when something without a queue behind it was not delivered, so that Lambda tries again,
    and SettingsError when the environment is not usable.
    """
    return _forwarder().forward(
        open_envelope(payload),
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        request_id=getattr(context, "aws_request_id", ""),
    )
