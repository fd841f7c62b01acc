"""A bad variable is named; absent and empty mean the default."""

from __future__ import annotations

import json

import pytest

from deep_security_datadog.deep_security.severity import Severity
from deep_security_datadog.filter import Filter
from deep_security_datadog.settings import DestinationSettings, Settings, SettingsError

MINIMUM = {"DD_API_KEY_SSM_NAME": "/datadog"}


def test_defaults() -> None:
    settings = Settings.from_environment({**MINIMUM, "DD_SITE": "", "DD_TAGS": " "})
    assert settings.destinations == {"events": DestinationSettings("https://api.datadoghq.com", Filter())}
    assert settings.tags == ()


def test_values() -> None:
    settings = Settings.from_environment(
        {
            "DD_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:datadog",
            "DD_SITE": "datadoghq.eu",
            "DD_TAGS": "env:prod, team:blue",
            # As Terraform writes it.
            "DESTINATIONS": json.dumps(
                {
                    "logs": {
                        "url": None,
                        "ocsf": True,
                        "filter": {"event_types": None, "minimum_severity": "info", "exclude": []},
                    },
                    "events": {
                        "url": "https://proxy.example.com/",
                        "filter": {"rank_greater_than": 24, "minimum_severity": "high", "event_types": ["PayloadLog"]},
                    },
                }
            ),
            "DD_LOG_LEVEL": "warn",
            "QUEUE_VISIBILITY_TIMEOUT": "5400",
        }
    )
    assert settings.tags == ("env:prod", "team:blue")
    assert list(settings.destinations) == ["events", "logs"]
    expected = DestinationSettings("https://http-intake.logs.datadoghq.eu", Filter(), ocsf=True)
    assert settings.destinations["logs"] == expected
    events = settings.destinations["events"]
    assert (events.url, events.filter.minimum_severity) == ("https://proxy.example.com", Severity.HIGH)
    assert not events.ocsf
    assert (settings.log_level, settings.queue_visibility_timeout) == ("WARNING", 5400)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DD_SITE", "https://app.datadoghq.com"),
        ("DD_SITE", "app.datadoghq.com"),
        ("DD_API_KEY_SECRET_RELOAD_INTERVAL", "soon"),
        ("DESTINATIONS", "events"),
        ("DESTINATIONS", "{"),
        ("DESTINATIONS", "{}"),
        ("DESTINATIONS", '["events"]'),
        ("DD_LOG_LEVEL", "LOUD"),
        ("QUEUE_VISIBILITY_TIMEOUT", "90.5"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({**MINIMUM, name: value})


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
        ({"events": {"filter": {"event_types": ["OfTomorrow"]}}}, r"events\.filter\.event_types: 'OfTomorrow'"),
        ({"events": {"filter": {"exclude": [{}]}}}, r"events\.filter\.exclude"),
    ],
)
def test_a_bad_destination_is_named(destinations: object, message: str) -> None:
    with pytest.raises(SettingsError, match=f"DESTINATIONS cannot be used: {message}"):
        Settings.from_environment({**MINIMUM, "DESTINATIONS": json.dumps(destinations)})


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1", "https://proxy.example.com:8443/"])
def test_plain_http_stays_on_the_machine(url: str) -> None:
    settings = Settings.from_environment({**MINIMUM, "DESTINATIONS": json.dumps({"events": {"url": url}})})
    assert settings.destinations["events"].url == url.rstrip("/")


@pytest.mark.parametrize("environment", [{}, {"DD_API_KEY_SSM_NAME": "/a", "DD_API_KEY_SECRET_ARN": "arn"}])
def test_exactly_one_place_of_the_key(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="exactly one"):
        Settings.from_environment(environment)


def test_the_others() -> None:
    settings = Settings.from_environment(
        {
            **MINIMUM,
            "DD_API_KEY_SECRET_RELOAD_INTERVAL": "0",
            "QUEUE_URL": "https://sqs/queue",
            "DEAD_LETTER_QUEUE_URL": "https://sqs/dead",
            "CONSOLE_URL": "https://console.example.com/sub/",
        }
    )
    assert (settings.api_key_ssm_name, settings.api_key_secret_arn) == ("/datadog", None)
    assert settings.api_key_reload_interval == 0
    assert (settings.queue_url, settings.dead_letter_queue_url) == ("https://sqs/queue", "https://sqs/dead")
    assert settings.console_url == "https://console.example.com/sub"


@pytest.mark.parametrize(
    ("level", "expected"),
    [("debug", "DEBUG"), ("trace", "DEBUG"), ("critical", "ERROR"), ("Info", "INFO"), ("", "INFO")],
)
def test_log_levels_are_those_of_datadog_too(level: str, expected: str) -> None:
    assert Settings.from_environment({**MINIMUM, "DD_LOG_LEVEL": level}).log_level == expected
