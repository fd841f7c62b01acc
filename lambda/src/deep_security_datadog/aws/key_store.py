"""Reads the text of a secret from Secrets Manager or of a parameter from Parameter Store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deep_security_datadog.log import LoggableError

from . import sdk

# The SDK's, in seconds and in number. The deadline of the read as a whole is the reader's.
_READ_TIMEOUT = 4.0
_ATTEMPTS = 2


class SecretUnreadable(LoggableError):
    """The message has the name of the secret and the AWS error code, never a value."""


def reader(*, secret_arn: str | None = None, parameter: str | None = None) -> Callable[[], str]:
    """Reads, when called, a Secrets Manager secret, else an SSM parameter (name or ARN), or raises SecretUnreadable."""
    name = secret_arn or parameter or ""
    read = _secret if secret_arn else _parameter
    return lambda: _read(read, name)


def _secret(arn: str) -> str:
    secret = _client("secretsmanager", arn).get_secret_value(SecretId=arn)
    return str(secret.get("SecretString") or secret.get("SecretBinary", b"").decode())


def _parameter(name: str) -> str:
    answer = _client("ssm", name).get_parameter(Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _read(read: Callable[[str], str], name: str) -> str:
    try:
        return read(name)
    except Exception as error:  # noqa: BLE001 (whatever it is, the secret is not there)
        raise SecretUnreadable(f"{name}: {sdk.code_of(error)}") from None


def _client(service: str, name: str) -> Any:
    """A client in the region of the ARN, which need not be the function's."""
    parts = name.split(":")
    region = parts[3] or None if name.startswith("arn:") and len(parts) > 5 else None
    return sdk.client(service, region=region, attempts=_ATTEMPTS, read_timeout=_READ_TIMEOUT)
