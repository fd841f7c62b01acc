"""The function's environment as one frozen value.

Variables are named as in Datadog's own functions where these have one. An empty variable counts as absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from .destinations import DESTINATIONS
from .filter import Filter

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# The same rule as in Terraform: the API key is in a header, so plain http is for this machine only.
_BASE_URL = re.compile(r"(https://[A-Za-z0-9.-]+|https?://(localhost|127\.0\.0\.1))(:[0-9]+)?/?")

_T = TypeVar("_T")


class SettingsError(Exception):
    """A variable is missing or has a value that cannot be used; the message names it."""


class DestinationSettings(NamedTuple):
    """The base URL of a destination, and which events go there."""

    url: str
    filter: Filter


class Settings(NamedTuple):
    """The function's configuration.

    destinations: by name, at least one.
    api_key_secret_arn, api_key_ssm_name: exactly one is set. api_key_reload_interval: seconds.
    queue_url: None with direct delivery. queue_visibility_timeout: seconds.
    dead_letter_queue_url: None only outside of the module.
    """

    destinations: Mapping[str, DestinationSettings]
    api_key_secret_arn: str | None = None
    api_key_ssm_name: str | None = None
    api_key_reload_interval: float = 300.0
    tags: tuple[str, ...] = ()
    queue_url: str | None = None
    dead_letter_queue_url: str | None = None
    queue_visibility_timeout: int = 180
    console_url: str | None = None
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads the variables that the Terraform module sets. Raises SettingsError."""
        read = _Reader(environment)
        site = read("DD_SITE", _site, "datadoghq.com")
        secret = read("DD_API_KEY_SECRET_ARN", str, None)
        parameter = read("DD_API_KEY_SSM_NAME", str, None)
        if (secret is None) == (parameter is None):
            raise SettingsError("exactly one of DD_API_KEY_SECRET_ARN and DD_API_KEY_SSM_NAME must be set")
        return cls(
            destinations=read("DESTINATIONS", partial(_destinations, site), _destinations(site, '{"events": {}}')),
            api_key_secret_arn=secret,
            api_key_ssm_name=parameter,
            api_key_reload_interval=read("DD_API_KEY_SECRET_RELOAD_INTERVAL", _seconds, 300.0),
            tags=read("DD_TAGS", _tags, ()),
            queue_url=read("QUEUE_URL", str, None),
            dead_letter_queue_url=read("DEAD_LETTER_QUEUE_URL", str, None),
            queue_visibility_timeout=read("QUEUE_VISIBILITY_TIMEOUT", _visibility_timeout, 180),
            console_url=read("CONSOLE_URL", _url, None),
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


def _visibility_timeout(text: str) -> int:
    seconds = int(text)
    if not 1 <= seconds <= 43_200:
        raise ValueError("expected a whole number of seconds from 1 to 43200")
    return seconds


def _tags(text: str) -> tuple[str, ...]:
    return tuple(tag for tag in (part.strip() for part in text.split(",")) if tag)


def _destinations(site: str, text: str) -> dict[str, DestinationSettings]:
    value = json.loads(text)
    if not isinstance(value, dict) or not value:
        raise ValueError(f"expected a JSON object with one or more of the keys {', '.join(DESTINATIONS)}")
    if unknown := sorted(set(value) - set(DESTINATIONS)):
        raise ValueError(f"{unknown[0]!r} is no destination, expected {' or '.join(DESTINATIONS)}")
    return {name: _destination(name, value[name], site) for name in DESTINATIONS if name in value}


def _destination(name: str, options: Any, site: str) -> DestinationSettings:
    """Reads the options as Terraform writes them; null is the default."""
    if not isinstance(options, dict):
        raise ValueError(f"{name} is not a JSON object")
    if unknown := sorted(set(options) - set(DestinationSettings._fields)):
        raise ValueError(
            f"{name} has an unknown option {unknown[0]!r}, expected {' or '.join(DestinationSettings._fields)}"
        )
    url, chosen = options.get("url"), options.get("filter")
    if url is not None and not (isinstance(url, str) and _BASE_URL.fullmatch(url)):
        raise ValueError(f"{name}.url is not the https address of a host, such as https://api.datadoghq.com")
    if chosen is not None and not isinstance(chosen, dict):
        raise ValueError(f"{name}.filter is not a JSON object")
    try:
        return DestinationSettings(
            (url or DESTINATIONS[name].base_url.format(site=site)).rstrip("/"), Filter.from_options(chosen or {})
        )
    except ValueError as error:
        raise ValueError(f"{name}.filter.{error}") from error


def _log_level(text: str) -> str:
    level = text.upper()
    level = {"WARN": "WARNING", "CRITICAL": "ERROR", "FATAL": "ERROR", "TRACE": "DEBUG"}.get(level, level)
    if level not in LOG_LEVELS:
        raise ValueError(f"expected one of {', '.join(LOG_LEVELS)}")
    return level
