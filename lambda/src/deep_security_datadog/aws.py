"""AWS clients, created when first needed: importing the SDK takes longer than everything else."""

from __future__ import annotations

from functools import cache
from typing import Any

# Seconds, and attempts of the SDK. The next invocation tries again.
CONNECT_TIMEOUT = 2
READ_TIMEOUT = 4
MOST_ATTEMPTS = 2


def client(service: str, *, region: str | None = None) -> Any:
    """A client like boto3's. region: None = the function's own."""
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": MOST_ATTEMPTS}
    config = Config(connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT, retries=retries)
    return _session().create_client(service, region_name=region, config=config)


@cache
def _session() -> Any:
    # botocore alone: importing boto3 too would double the time to the first event.
    from botocore.session import get_session

    return get_session()
