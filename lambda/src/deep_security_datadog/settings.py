"""The function's environment as one frozen value. `DD_` names are those of Datadog's own functions. Empty is absent."""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Self

from .datadog import events, logs
from .filter import Filter

DESTINATIONS = {one.name: one for one in (events.DESTINATION, logs.DESTINATION)}
_LOG_LEVELS = {name: name for name in ("DEBUG", "INFO", "WARNING", "ERROR")}
# The API key is in a header, so plain http is for this machine only.
_BASE_URL = re.compile(r"(https://[A-Za-z0-9.-]+|https?://(localhost|127\.0\.0\.1))(:[0-9]+)?/?")


class SettingsError(Exception):
    """A variable is missing or has a value that cannot be used; the message names it."""


class DestinationSettings(NamedTuple):
    """The base URL of a destination, which events go there, and whether each log carries its OCSF event."""

    url: str
    filter: Filter
    ocsf: bool = False


class Settings(NamedTuple):
    """The function's configuration.

    destinations: by name, at least one. api_key_secret_arn, api_key_ssm_name: exactly one is set. queue_url: None with
    direct delivery. dead_letter_queue_url: None only outside of the module. queue_largest_message: in bytes, attributes
    included (docs/reference/aws-limits.md#sqs). api_key_reload_interval, queue_visibility_timeout: seconds.
    """

    destinations: dict[str, DestinationSettings]
    api_key_secret_arn: str | None
    api_key_ssm_name: str | None
    api_key_reload_interval: float
    tags: tuple[str, ...]
    queue_url: str | None
    dead_letter_queue_url: str | None
    queue_visibility_timeout: int
    queue_largest_message: int
    console_url: str | None
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the variables that the Terraform module sets. Raises SettingsError."""

        def read(name: str, parse: Callable[[str], Any], default: str = "") -> Any:
            text = environment.get(name, "").strip() or default
            try:
                return parse(text) if text else None
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise SettingsError(f"{name} cannot be used: {error}") from error

        site = read("DD_SITE", _site, "datadoghq.com")
        settings = cls(
            destinations=read("DESTINATIONS", partial(_destinations, site), '{"events": {}}'),
            api_key_secret_arn=read("DD_API_KEY_SECRET_ARN", str),
            api_key_ssm_name=read("DD_API_KEY_SSM_NAME", str),
            api_key_reload_interval=read("DD_API_KEY_SECRET_RELOAD_INTERVAL", float, "300"),
            tags=tuple(filter(None, map(str.strip, environment.get("DD_TAGS", "").split(",")))),
            queue_url=read("QUEUE_URL", str),
            dead_letter_queue_url=read("DEAD_LETTER_QUEUE_URL", str),
            queue_visibility_timeout=read("QUEUE_VISIBILITY_TIMEOUT", int, "180"),
            queue_largest_message=read("QUEUE_MAXIMUM_MESSAGE_SIZE", int, "262144"),
            console_url=read("CONSOLE_URL", lambda text: text.rstrip("/")),
            log_level=read("DD_LOG_LEVEL", lambda text: _LOG_LEVELS[text.upper()], "INFO"),
        )
        if (settings.api_key_secret_arn is None) == (settings.api_key_ssm_name is None):
            raise SettingsError("exactly one of DD_API_KEY_SECRET_ARN and DD_API_KEY_SSM_NAME must be set")
        return settings


def _site(text: str) -> str:
    if "/" in text or "." not in text or text.startswith(("api.", "app.", "http-intake.")):
        raise ValueError("expected a Datadog site such as datadoghq.com or datadoghq.eu, without scheme, api. or app.")
    return text.lower()


def _destinations(site: str, text: str) -> dict[str, DestinationSettings]:
    value = json.loads(text)
    if not isinstance(value, dict) or not value or set(value) - set(DESTINATIONS):
        raise ValueError(f"expected a JSON object with one or more of the keys {', '.join(DESTINATIONS)}")
    return {name: _destination(site, name, value[name]) for name in DESTINATIONS if name in value}


def _destination(site: str, name: str, options: Mapping[str, Any]) -> DestinationSettings:
    url = options.get("url") or DESTINATIONS[name].base_url.format(site=site)
    if not _BASE_URL.fullmatch(url):
        raise ValueError(f"{name}.url is not the https address of a host (if not set, DD_SITE makes it)")
    try:
        chosen = Filter.from_options(options.get("filter") or {})
    except ValueError as error:
        raise ValueError(f"{name}.filter.{error}") from error
    return DestinationSettings(url.rstrip("/"), chosen, bool(options.get("ocsf")))
