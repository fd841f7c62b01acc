"""A bad variable is named; absent and empty mean the default."""

from __future__ import annotations

import pytest

from deep_security_datadog.settings import Settings, SettingsError
from deep_security_datadog.severity import Severity

MINIMUM = {"DD_API_KEY_SSM_NAME": "/datadog"}


def test_defaults() -> None:
    settings = Settings.from_environment({**MINIMUM, "DD_SITE": "", "DD_TAGS": " "})
    assert settings.api_url == "https://api.datadoghq.com"
    assert settings.logs_url == "https://http-intake.logs.datadoghq.com"
    assert settings.destinations == ("events",)
    assert settings.tags == ()


def test_values() -> None:
    settings = Settings.from_environment(
        {
            "DD_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:datadog",
            "DD_SITE": "datadoghq.eu",
            "DD_API_URL": "https://proxy.example.com/",
            "DD_TAGS": "env:prod, team:blue",
            "DESTINATIONS": "logs,events",
            "FILTER": '{"rank_greater_than": 24, "minimum_severity": "high", "event_types": ["PayloadLog"]}',
            "DD_LOG_LEVEL": "warn",
        }
    )
    assert settings.api_url == "https://proxy.example.com"
    assert settings.logs_url == "https://http-intake.logs.datadoghq.eu"
    assert settings.tags == ("env:prod", "team:blue")
    assert settings.destinations == ("events", "logs")
    assert settings.filters["events"].minimum_severity is Severity.HIGH
    assert settings.log_level == "WARNING"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DD_SITE", "https://app.datadoghq.com"),
        ("DD_SITE", "app.datadoghq.com"),
        ("DD_API_URL", "ftp://example.com"),
        ("DD_API_URL", "https://user:password@example.com"),
        ("DD_API_KEY_SECRET_RELOAD_INTERVAL", "soon"),
        ("DD_API_KEY_SECRET_RELOAD_INTERVAL", "-1"),
        ("DESTINATIONS", "metrics"),
        ("FILTER", "[]"),
        ("FILTER", "{"),
        ("FILTER", '{"rank": 1}'),
        ("LOGS_FILTER", '{"minimum_severity": "urgent"}'),
        ("LOGS_FILTER", '{"unranked_events": "maybe"}'),
        ("FILTER", '{"event_types": ["OfTomorrow"]}'),
        ("LOGS_FILTER", '{"exclude": [{"EventType": "*"}]}'),
        ("MAX_CONCURRENT_REQUESTS", "0"),
        ("DD_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({**MINIMUM, name: value})


@pytest.mark.parametrize("environment", [{}, {"DD_API_KEY_SSM_NAME": "/a", "DD_API_KEY_SECRET_ARN": "arn"}])
def test_exactly_one_place_of_the_key(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="exactly one"):
        Settings.from_environment(environment)
