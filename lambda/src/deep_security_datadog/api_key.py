"""The Datadog API key: read from Secrets Manager or SSM when first needed, cached, read again when told or when old."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from threading import RLock

from . import aws
from .settings import Settings

# The key of a JSON secret, as in Datadog's own functions.
_JSON_KEY = "DD_API_KEY"


class ApiKeyUnavailable(Exception):
    """The key cannot be read. The message names the place and the AWS error code, never a value."""


class ApiKey:
    """A cached secret that threads share: whoever comes while it is being read waits for that.

    read: fetches the key. reload_interval: seconds after which it is fetched anew, 0 = each time it is asked for.
    """

    def __init__(
        self, read: Callable[[], str], *, reload_interval: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._reload_interval = reload_interval
        self._clock = clock
        self._value: str | None = None
        self._read_at = 0.0
        # Not each caller's own: SDK sessions make no two clients at once.
        self._lock = RLock()

    def get(self) -> str:
        """The key, at most `reload_interval` seconds old while its place can be read; the last known one otherwise.

        Raises ApiKeyUnavailable when it was never read.
        """
        with self._lock:
            if self._value is None:
                return self.reload()
            if self._clock() - self._read_at >= self._reload_interval:
                try:
                    return self.reload()
                except ApiKeyUnavailable:
                    # The known key most likely still works, which a hiccup of the secret's place must not undo.
                    return self._value
            return self._value

    def reload(self) -> str:
        """The key as it is now. Raises ApiKeyUnavailable."""
        with self._lock:
            value = self._read().strip()
            if not value:
                raise ApiKeyUnavailable("the API key is empty")
            self._value, self._read_at = value, self._clock()
            return value


def reader(settings: Settings) -> Callable[[], str]:
    """The function that fetches the key from where the settings say."""
    if settings.api_key_secret_arn:
        return lambda: _from_secrets_manager(settings.api_key_secret_arn or "")
    return lambda: _from_parameter_store(settings.api_key_ssm_name or "")


def _from_secrets_manager(arn: str) -> str:
    def fetch() -> str:
        secret = aws.client("secretsmanager", region=_region(arn)).get_secret_value(SecretId=arn)
        return _plain(secret.get("SecretString") or secret.get("SecretBinary", b"").decode())

    return _guarded(fetch, arn)


def _from_parameter_store(name: str) -> str:
    def fetch() -> str:
        answer = aws.client("ssm", region=_region(name)).get_parameter(Name=name, WithDecryption=True)
        return _plain(answer["Parameter"]["Value"])

    return _guarded(fetch, name)


def _guarded(fetch: Callable[[], str], place: str) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return fetch()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise ApiKeyUnavailable(f"the API key cannot be read from {place}: {code}") from None
    except (BotoCoreError, UnicodeDecodeError) as error:
        raise ApiKeyUnavailable(f"the API key cannot be read from {place}: {type(error).__name__}") from None


def _plain(secret: str) -> str:
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


def _region(place: str) -> str | None:
    """The region that an ARN names: the secret can live in another one than the function."""
    parts = place.split(":")
    return parts[3] or None if place.startswith("arn:") and len(parts) > 5 else None
