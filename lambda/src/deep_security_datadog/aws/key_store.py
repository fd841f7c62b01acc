"""Reads the text of a secret from Secrets Manager or of a parameter from Parameter Store."""

from collections.abc import Callable
from functools import partial

from deep_security_datadog.log import LoggableError

from . import sdk

# The SDK's, in seconds and in number. The deadline of the read as a whole is the reader's.
_READ_TIMEOUT = 4.0
_ATTEMPTS = 2


def reader(*, secret_arn: str | None = None, parameter: str | None = None) -> Callable[[], str]:
    """Reads, when called, a Secrets Manager secret, else an SSM parameter (name or ARN).

    Or raises LoggableError with that name and the AWS error code, never a value.
    """
    name = secret_arn or parameter or ""
    # The region of an ARN need not be the function's.
    parts = name.split(":")
    region = parts[3] or None if name.startswith("arn:") and len(parts) > 5 else None

    def read() -> str:
        try:
            if secret_arn:
                secret = client("secretsmanager").get_secret_value(SecretId=name)
                return str(secret.get("SecretString") or secret.get("SecretBinary", b"").decode())
            return str(client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        except Exception as error:  # noqa: BLE001 (whatever it is, the secret is not there)
            raise LoggableError(f"{name}: {sdk.code_of(error)}") from None

    client = partial(sdk.client, region=region, attempts=_ATTEMPTS, read_timeout=_READ_TIMEOUT)
    return read
