"""A bad variable is named; absent and empty mean the default."""

import json
from typing import Any

import pytest

from deep_security_datadog.filter import Filter
from deep_security_datadog.settings import DestinationSettings, Settings, SettingsError

MINIMUM = {"DD_API_KEY_SSM_NAME": "/datadog"}


def settings_of(**environment: str) -> Settings:
    return Settings.from_environment({**MINIMUM, **environment})


def with_destinations(destinations: object, **environment: str) -> Settings:
    """As Terraform writes them."""
    return settings_of(DESTINATIONS=json.dumps(destinations), **environment)


def test_absent_and_empty_are_the_default() -> None:
    events = DestinationSettings("https://api.datadoghq.com", Filter())
    found = settings_of(DD_SITE="", DD_TAGS=" ")
    assert (found.destinations, found.tags, found.log_level) == ({"events": events}, (), "INFO")
    assert (found.api_key_secret_arn, found.queue_url, found.dead_letter_queue_url, found.console_url) == (None,) * 4
    assert (found.api_key_reload_interval, found.queue_visibility_timeout) == (300, 180)
    assert found.queue_largest_message == 262_144
    assert all(settings_of(DD_LOG_LEVEL=level) for level in ("debug", "Info", "WARNING", "ERROR"))


def test_each_variable_is_read() -> None:
    found = settings_of(
        DD_API_KEY_SSM_NAME="",
        DD_API_KEY_SECRET_ARN="arn",
        DD_API_KEY_SECRET_RELOAD_INTERVAL="0",
        DD_SITE="datadoghq.EU",
        DD_TAGS="env:prod, team:blue",
        DD_LOG_LEVEL="warning",
        QUEUE_URL="https://sqs/queue",
        DEAD_LETTER_QUEUE_URL="https://sqs/dead",
        QUEUE_VISIBILITY_TIMEOUT="5400",
        QUEUE_MAXIMUM_MESSAGE_SIZE="1048576",
        CONSOLE_URL="https://console.example.com/sub/",
    )
    assert found == Settings(
        {"events": DestinationSettings("https://api.datadoghq.eu", Filter())},
        api_key_secret_arn="arn",
        api_key_ssm_name=None,
        api_key_reload_interval=0.0,
        tags=("env:prod", "team:blue"),
        queue_url="https://sqs/queue",
        dead_letter_queue_url="https://sqs/dead",
        queue_visibility_timeout=5400,
        queue_largest_message=1_048_576,
        console_url="https://console.example.com/sub",
        log_level="WARNING",
    )


def test_each_destination_has_its_url_filter_and_options() -> None:
    logs: dict[str, Any] = {
        "url": None,
        "ocsf": True,
        "filter": {"event_types": None, "minimum_severity": "info", "exclude": []},
    }
    chosen = {"rank_greater_than": 24, "minimum_severity": "high"}
    events = {"url": "https://proxy.example.com/", "filter": chosen}
    found = with_destinations({"logs": logs, "events": events}, DD_SITE="datadoghq.eu").destinations
    assert list(found.items()) == [
        ("events", DestinationSettings("https://proxy.example.com", Filter.from_options(chosen))),
        ("logs", DestinationSettings("https://http-intake.logs.datadoghq.eu", Filter(), ocsf=True)),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DD_SITE", "https://app.datadoghq.com"),
        ("DD_SITE", "app.datadoghq.com"),
        ("DD_API_KEY_SECRET_RELOAD_INTERVAL", "soon"),
        ("DESTINATIONS", "events"),
        ("DESTINATIONS", "{}"),
        ("DESTINATIONS", '["events"]'),
        ("DD_LOG_LEVEL", "LOUD"),
        ("QUEUE_VISIBILITY_TIMEOUT", "90.5"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings_of(**{name: value})


@pytest.mark.parametrize(
    ("destinations", "message"),
    [
        ({"metrics": {}}, "expected a JSON object with one or more of the keys events, logs"),
        ({"events": {"url": "ftp://example.com"}}, r"events\.url is not the https address"),
        ({"events": {"url": "http://example.com"}}, r"events\.url"),
        ({"events": {"url": "https://user:password@example.com"}}, r"events\.url"),
        ({"logs": {"url": "https://example.com/path"}}, r"logs\.url"),
        ({"events": {"filter": 1}}, r"events\.filter"),
        ({"events": {"filter": {"rank": 1}}}, r"events\.filter\.unknown option 'rank'"),
        ({"logs": {"filter": {"minimum_severity": "urgent"}}}, r"logs\.filter\.minimum_severity"),
    ],
)
def test_a_bad_destination_is_named(destinations: object, message: str) -> None:
    with pytest.raises(SettingsError, match=f"DESTINATIONS cannot be used: {message}"):
        with_destinations(destinations)


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1", "https://proxy.example.com:8443/"])
def test_plain_http_stays_on_the_machine(url: str) -> None:
    assert with_destinations({"events": {"url": url}}).destinations["events"].url == url.rstrip("/")


@pytest.mark.parametrize("environment", [{}, {"DD_API_KEY_SSM_NAME": "/a", "DD_API_KEY_SECRET_ARN": "arn"}])
def test_exactly_one_place_of_the_key(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="exactly one"):
        Settings.from_environment(environment)
