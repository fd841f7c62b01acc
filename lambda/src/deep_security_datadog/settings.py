"""The environment of the function as one frozen value, read once.

The variables are those that Datadog's own functions use where such exist
(`DD_SITE`, `DD_API_KEY_SECRET_ARN`, `DD_API_KEY_SSM_NAME`, `DD_TAGS`, `DD_API_KEY_SECRET_RELOAD_INTERVAL`).
An absent variable and an empty one mean the same: the default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from .filter import Filter

DESTINATIONS = ("events", "logs")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# Hosts of a site: https://docs.datadoghq.com/getting_started/site/
_API_HOST = "https://api.{site}"
_LOGS_HOST = "https://http-intake.logs.{site}"

_T = TypeVar("_T")


class SettingsError(Exception):
    """A variable of the environment is missing or has a value that cannot be used; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the function was configured with.

    `api_key_secret_arn` and `api_key_ssm_name`: exactly one is set. `api_key_reload_interval` is in seconds.
    `queue_url` is None with direct delivery; `dead_letter_queue_url` is None only outside of the module.
    """

    api_url: str
    logs_url: str
    api_key_secret_arn: str | None = None
    api_key_ssm_name: str | None = None
    api_key_reload_interval: float = 300.0
    tags: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ("events",)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    queue_url: str | None = None
    dead_letter_queue_url: str | None = None
    console_url: str | None = None
    concurrent_requests: int = 16
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads the variables that the Terraform module sets.

        Raises SettingsError, which names the variable and says what it should hold.
        """
        read = _Reader(environment)
        site = read("DD_SITE", _site, "datadoghq.com")
        secret = read("DD_API_KEY_SECRET_ARN", str, None)
        parameter = read("DD_API_KEY_SSM_NAME", str, None)
        if (secret is None) == (parameter is None):
            raise SettingsError("exactly one of DD_API_KEY_SECRET_ARN and DD_API_KEY_SSM_NAME must be set")
        return cls(
            api_url=read("DD_API_URL", _url, _API_HOST.format(site=site)),
            logs_url=read("DD_LOGS_URL", _url, _LOGS_HOST.format(site=site)),
            api_key_secret_arn=secret,
            api_key_ssm_name=parameter,
            api_key_reload_interval=read("DD_API_KEY_SECRET_RELOAD_INTERVAL", _seconds, 300.0),
            tags=read("DD_TAGS", _tags, ()),
            destinations=read("DESTINATIONS", _destinations, ("events",)),
            filters={
                "events": read("FILTER", _filter, Filter()),
                "logs": read("LOGS_FILTER", _filter, Filter()),
            },
            queue_url=read("QUEUE_URL", str, None),
            dead_letter_queue_url=read("DEAD_LETTER_QUEUE_URL", str, None),
            console_url=read("CONSOLE_URL", _url, None),
            concurrent_requests=read("MAX_CONCURRENT_REQUESTS", _requests, 16),
            log_level=read("DD_LOG_LEVEL", _log_level, "INFO"),
        )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, name: str, parse: Callable[[str], _T], default: _T) -> _T:
        text = self._environment.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{name} cannot be used: {error}") from error


def _site(text: str) -> str:
    if "/" in text or "." not in text or text.startswith(("api.", "app.", "http-intake.")):
        raise ValueError("expected a Datadog site such as datadoghq.com or datadoghq.eu, without scheme, api. or app.")
    return text.lower()


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("expected a base address such as https://api.datadoghq.com, without query or credentials")
    return text.rstrip("/")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError("expected a number of seconds, zero or more")
    return seconds


def _tags(text: str) -> tuple[str, ...]:
    return tuple(tag for tag in (part.strip() for part in text.split(",")) if tag)


def _destinations(text: str) -> tuple[str, ...]:
    names = {part.strip() for part in text.split(",") if part.strip()}
    unknown = names.difference(DESTINATIONS)
    if unknown or not names:
        raise ValueError(f"expected one or more of {', '.join(DESTINATIONS)}")
    return tuple(name for name in DESTINATIONS if name in names)


def _filter(text: str) -> Filter:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return Filter.from_options(value)


def _requests(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100:
        raise ValueError("expected a whole number from 1 to 100")
    return number


def _log_level(text: str) -> str:
    level = text.upper()
    level = {"WARN": "WARNING", "CRITICAL": "ERROR", "FATAL": "ERROR", "TRACE": "DEBUG"}.get(level, level)
    if level not in LOG_LEVELS:
        raise ValueError(f"expected one of {', '.join(LOG_LEVELS)}")
    return level
