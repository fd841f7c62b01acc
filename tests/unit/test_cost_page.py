"""docs/cost.md: its tables are those of the tool, and the tool's figures those of the module."""

from __future__ import annotations

import re

import pytest

from deep_security_datadog.settings import Settings
from tools import cost_page
from tools.repository import ROOT

VARIABLES = (ROOT / "modules" / "forwarder" / "variables.tf").read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    text = cost_page.PAGE.read_text(encoding="utf-8")
    assert cost_page.page(text) == text, "run `make docs`"


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 places for the table prices"):
        cost_page.page("")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory_size", cost_page.MEMORY_MB),
        ("maximum_concurrency", cost_page.MAXIMUM_CONCURRENCY),
        ("api_key_reload_interval", cost_page.KEY_RELOAD_SECONDS),
    ],
)
def test_the_module_has_these_defaults(name: str, value: int) -> None:
    assert re.search(rf"^\s+{name}\s+= optional\(number, {value}\)$", VARIABLES, re.MULTILINE)


def test_the_payload_makes_so_many_requests_at_once() -> None:
    settings = Settings.from_environment({"DD_API_KEY_SSM_NAME": "/datadog"})
    assert settings.concurrent_requests == cost_page.AT_ONCE


def test_idle_costs_the_secret_the_alarms_and_the_polling() -> None:
    polls = 5 * 730 * 180
    assert sum(cost_page.costs(0).values()) == pytest.approx(0.40 + 0.80 + polls * 0.0000004)


def test_a_million_events_by_hand() -> None:
    invocations, environments = 200_000, 5 * 365
    core = 256 / 1769
    warm = 0.100 + 0.001 * (cost_page.CPU_PER_INVOCATION + 5 * cost_page.CPU_PER_EVENT) * cost_page.SHARED / core
    cold = 0.001 * cost_page.CPU_OF_A_COLD_START / core
    gigabyte_seconds = 0.25 * (invocations * warm + environments * cold)
    found = cost_page.costs(1_000_000)
    assert found["Lambda, arm64"] == pytest.approx(gigabyte_seconds * 0.0000133334 + 0.04)
    assert found["Lambda, x86_64"] == pytest.approx(gigabyte_seconds * 0.0000166667 + 0.04)
    assert found["SQS"] == pytest.approx((657_000 + 3 * invocations) * 0.0000004)
    assert found["SNS"] == pytest.approx(0.10)
    assert found["Metrics"] == pytest.approx(2.10)
    assert found["Data to Datadog"] == pytest.approx(0.001 * cost_page.SENT_PER_EVENT * 0.09)
