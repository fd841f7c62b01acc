"""The Datadog API key: found in a secret, cached, and read again in time or when Datadog refuses it."""

import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from deep_security_datadog import deadline, log
from deep_security_datadog.log import LoggableError, reason_of

# Names of the key in a JSON secret: those of Datadog's functions, its Lambda extension, and managed secrets.
_JSON_KEYS = ("DD_API_KEY", "dd_api_key", "apiKey", "api_key")
# What a header can carry, and the form of Datadog's keys. The form may change, so it only warns.
_USABLE = re.compile(r"[!-~]{1,200}")
_USUAL = re.compile(r"[0-9a-fA-F]{32}")
# Seconds. The first read imports the SDK, which is slow on a small share of a CPU.
READ_DEADLINE = 10.0
# When a known key could not be read again: earliest and latest time of the next attempt.
RELOAD_RETRY = (30.0, 60.0)


class ApiKey:
    """A cached key. read: gets the secret or raises LoggableError. reload_interval: seconds, 0 = each invocation."""

    def __init__(self, read: Callable[[], str], *, reload_interval: float) -> None:
        self._read = read
        self._reload_interval = reload_interval
        self._value: str | None = None
        self._next_read = 0.0

    def get(self, *, seconds: float = READ_DEADLINE) -> str:
        """The key, at most `reload_interval` seconds old, or the last known one. seconds: for reading it."""
        if self._value is None or monotonic() >= self._next_read:
            try:
                return self.reload(seconds=seconds)
            except LoggableError:
                # A known key most likely still works.
                if self._value is None:
                    raise
        return self._value

    def reload(self, *, seconds: float = READ_DEADLINE) -> str:
        try:
            self._value = key_in(deadline.run(self._read, seconds=min(seconds, READ_DEADLINE)))
        except Exception as error:  # noqa: BLE001 (whatever it is, the key is not there)
            self._next_read = monotonic() + random.uniform(*RELOAD_RETRY)  # noqa: S311 (jitter)
            raise LoggableError(f"the API key cannot be read: {reason_of(error)}") from None
        self._next_read = monotonic() + self._reload_interval
        return self._value


def key_in(secret: str) -> str:
    """The key in a secret: plain, a quoted JSON string, or a JSON object. Raises LoggableError."""
    key: object = secret
    with suppress(ValueError, RecursionError):
        key = json.loads(secret)
    if isinstance(key, dict):
        key = next((key[name] for name in _JSON_KEYS if isinstance(key.get(name), str)), None)
        if key is None:
            raise LoggableError(f"the secret is JSON but has no string {' or '.join(_JSON_KEYS)}")
    # A key of digits only is a number in JSON.
    text = key.strip() if isinstance(key, str) else secret.strip()
    if not isinstance(key, (str, int, float)) or not _USABLE.fullmatch(text):
        raise LoggableError("the secret is no API key, which has 32 hexadecimal digits")
    if not _USUAL.fullmatch(text):
        log.write("WARNING", "the secret does not look like an API key, which has 32 hexadecimal digits")
    return text
