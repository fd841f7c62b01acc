"""The Datadog API key: read from Secrets Manager or Parameter Store when first needed, cached, read again in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from threading import RLock

from . import aws

# As in Datadog's own functions.
_JSON_KEY = "DD_API_KEY"


class ApiKeyUnavailable(Exception):
    """The key cannot be read. The message has the name of the secret and the AWS error code, never a value."""


class ApiKey:
    """A cached secret that threads share: while one reads it, the others wait for that.

    read: fetches the key. reload_interval: seconds after which it is read again, 0 = each time.
    """

    def __init__(
        self, read: Callable[[], str], *, reload_interval: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._reload_interval = reload_interval
        self._clock = clock
        self._value: str | None = None
        self._read_at = 0.0
        # One for all readers, because an SDK session cannot make two clients at once.
        self._lock = RLock()

    def get(self) -> str:
        """The key, at most `reload_interval` seconds old, or the last known one if it cannot be read.

        Raises ApiKeyUnavailable if it was never read.
        """
        with self._lock:
            if self._value is None:
                return self.reload()
            if self._clock() - self._read_at >= self._reload_interval:
                try:
                    return self.reload()
                except ApiKeyUnavailable:
                    # The known key most likely still works.
                    return self._value
            return self._value

    def reload(self) -> str:
        """Reads the key. Raises ApiKeyUnavailable."""
        with self._lock:
            value = self._read().strip()
            if not value:
                raise ApiKeyUnavailable("the API key is empty")
            self._value, self._read_at = value, self._clock()
            return value


def reader(*, secret_arn: str | None = None, parameter: str | None = None) -> Callable[[], str]:
    """A function that reads the key from a Secrets Manager secret, else from an SSM parameter (name or ARN)."""
    name = secret_arn or parameter or ""
    read = _secret if secret_arn else _parameter
    return lambda: _read(read, name)


def _secret(arn: str) -> str:
    secret = aws.client("secretsmanager", region=_region(arn)).get_secret_value(SecretId=arn)
    return str(secret.get("SecretString") or secret.get("SecretBinary", b"").decode())


def _parameter(name: str) -> str:
    answer = aws.client("ssm", region=_region(name)).get_parameter(Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _read(read: Callable[[str], str], name: str) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _plain(read(name))
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise ApiKeyUnavailable(f"the API key cannot be read from {name}: {code}") from None
    except (BotoCoreError, UnicodeDecodeError) as error:
        raise ApiKeyUnavailable(f"the API key cannot be read from {name}: {type(error).__name__}") from None


def _plain(secret: str) -> str:
    """The key in a secret, which may be JSON."""
    try:
        value = json.loads(secret)
    except ValueError:
        return secret
    if isinstance(value, dict):
        key = value.get(_JSON_KEY)
        if not isinstance(key, str):
            raise ApiKeyUnavailable(f"the secret is JSON but has no string {_JSON_KEY}")
        return key
    return secret


def _region(name: str) -> str | None:
    """The region of an ARN, which need not be the function's."""
    parts = name.split(":")
    return parts[3] or None if name.startswith("arn:") and len(parts) > 5 else None
