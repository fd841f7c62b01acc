"""The Datadog API key: read from Secrets Manager or Parameter Store when first needed, cached, and reloaded."""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
from collections.abc import Callable
from threading import RLock

from . import aws, log
from .deadline import DeadlineExceeded, run

# Names of the key in a JSON secret: those of Datadog's functions, its Lambda extension, and managed secrets.
_JSON_KEYS = ("DD_API_KEY", "dd_api_key", "apiKey", "api_key")
# What a header can carry, and the form of Datadog's keys. The form may change, so it only warns.
_USABLE = re.compile(r"[!-~]{1,200}")
_USUAL = re.compile(r"[0-9a-fA-F]{32}")

# Seconds. The first read imports the SDK, which is slow on a small share of a CPU.
READ_DEADLINE = 10.0
# How long a failed read counts, so that the threads waiting for it do not each repeat it.
FAILURE_REMEMBERED = 5.0
# When a known key could not be reloaded: earliest and latest time of the next attempt.
RELOAD_RETRY = (30.0, 60.0)


class ApiKeyUnavailable(Exception):
    """The key cannot be read. The message has the name of the secret and the AWS error code, never a value."""


class ApiKey:
    """A cached secret that threads share: while one reads it, the others wait.

    read: fetches the key. reload_interval: seconds after which to read it again, 0 = each time.
    """

    def __init__(
        self, read: Callable[[], str], *, reload_interval: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._reload_interval = reload_interval
        self._clock = clock
        self._value: str | None = None
        self._next_read = 0.0
        self._failure: ApiKeyUnavailable | None = None
        # An SDK session cannot create two clients at once.
        self._lock = RLock()

    def get(self, *, seconds: float = READ_DEADLINE) -> str:
        """The key, at most `reload_interval` seconds old, or the last known one if it cannot be read.

        seconds: for reading it. Raises ApiKeyUnavailable if none is known and it cannot be read.
        """
        with self._lock:
            if self._clock() < self._next_read:
                if self._value is not None:
                    return self._value
                if self._failure:
                    raise self._failure
            try:
                return self.reload(seconds=seconds)
            except ApiKeyUnavailable:
                if self._value is None:
                    raise
                # The known key most likely still works.
                return self._value

    def reload(self, *, seconds: float = READ_DEADLINE) -> str:
        """Reads the key. Raises ApiKeyUnavailable."""
        with self._lock:
            try:
                value = run(self._read, seconds=min(seconds, READ_DEADLINE))
            except Exception as error:  # noqa: BLE001 (whatever it is, the message is safe and the key is not there)
                reason = (
                    str(error) if isinstance(error, (ApiKeyUnavailable, DeadlineExceeded)) else type(error).__name__
                )
                self._failure = ApiKeyUnavailable(f"the API key cannot be read: {reason}")
                wait = FAILURE_REMEMBERED if self._value is None else random.uniform(*RELOAD_RETRY)  # noqa: S311 (jitter)
                self._next_read = self._clock() + wait
                raise self._failure from None
            self._value, self._failure, self._next_read = value, None, self._clock() + self._reload_interval
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
        raise ApiKeyUnavailable(f"{name}: {code}") from None
    except (BotoCoreError, UnicodeDecodeError) as error:
        raise ApiKeyUnavailable(f"{name}: {type(error).__name__}") from None


def _plain(secret: str) -> str:
    """The key in a secret: plain, a quoted JSON string, or a JSON object. Raises ApiKeyUnavailable."""
    key: object = secret
    with contextlib.suppress(ValueError, RecursionError):
        key = json.loads(secret)
    if isinstance(key, dict):
        key = next((key[name] for name in _JSON_KEYS if isinstance(key.get(name), str)), None)
        if key is None:
            raise ApiKeyUnavailable(f"the secret is JSON but has no string {' or '.join(_JSON_KEYS)}")
    # A key of digits only is a number in JSON.
    text = key.strip() if isinstance(key, str) else secret.strip()
    if not isinstance(key, (str, int, float)) or not _USABLE.fullmatch(text):
        raise ApiKeyUnavailable("the secret is no API key, which has 32 hexadecimal digits")
    if not _USUAL.fullmatch(text):
        log.write("WARNING", "the secret does not look like an API key, which has 32 hexadecimal digits")
    return text


def _region(name: str) -> str | None:
    """The region of an ARN, which need not be the function's."""
    parts = name.split(":")
    return parts[3] or None if name.startswith("arn:") and len(parts) > 5 else None
