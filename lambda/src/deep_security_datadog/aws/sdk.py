"""AWS clients, created when first needed: importing the SDK takes longer than everything else."""

from functools import cache
from typing import Any

from deep_security_datadog.log import reason_of


def client(service: str, *, region: str | None = None, attempts: int = 1, read_timeout: float) -> Any:
    """A client like boto3's.

    region: None = the function's own. attempts: of the SDK, the first included. read_timeout: seconds.
    """
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=2, read_timeout=read_timeout, retries=retries)
    return _session().create_client(service, region_name=region, config=config)


def code_of(error: Exception) -> str:
    """AWS's code for an error, else its name. The message could hold content."""
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return reason_of(error)


@cache
def _session() -> Any:
    # botocore alone: importing boto3 too would double the time to the first event.
    from botocore.session import get_session

    return get_session()
