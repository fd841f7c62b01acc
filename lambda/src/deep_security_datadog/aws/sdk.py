"""AWS clients, created when first needed, and what is read with one: importing the SDK takes longer than all else."""

from collections.abc import Callable
from functools import cache
from typing import Any

from deep_security_datadog.log import LoggableError, reason_of

# Of a read of the secret, in seconds and in number. The deadline of the read as a whole is the reader's.
_SECRET_TIMEOUT = 4.0
_ATTEMPTS = 2


def client(service: str, *, region: str | None = None, attempts: int = 1, read_timeout: float) -> Any:
    """A client. region: None = the function's own. attempts: of the SDK, the first included. read_timeout: seconds."""
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=2, read_timeout=read_timeout, retries=retries)
    return _session().create_client(service, region_name=region, config=config)


def reader(*, secret_arn: str | None = None, parameter: str | None = None) -> Callable[[], str]:
    """Reads a secret, else an SSM parameter (name or ARN). Raises LoggableError with that name and AWS's error code."""
    name = secret_arn or parameter or ""
    # The region of an ARN need not be the function's.
    region = name.split(":")[3] if name.startswith("arn:") else None
    kind = "secretsmanager" if secret_arn else "ssm"

    def read() -> str:
        try:
            service = client(kind, region=region, attempts=_ATTEMPTS, read_timeout=_SECRET_TIMEOUT)
            if secret_arn:
                secret = service.get_secret_value(SecretId=name)
                return str(secret.get("SecretString") or secret.get("SecretBinary", b"").decode())
            return str(service.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        except Exception as error:  # noqa: BLE001 (whatever it is, the secret is not there)
            raise LoggableError(f"{name}: {code_of(error)}") from None

    return read


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
