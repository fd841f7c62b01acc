"""The module's table of event types, by which filters are refused at plan, is the payload's."""

from __future__ import annotations

from typing import Any

import hcl2
import pytest

from deep_security_datadog.filter import CHOOSABLE_TYPES
from deep_security_datadog.severity import Severity
from tools.repository import ROOT
from tools.samples import events_of, messages


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    with (ROOT / "destinations.tf").open(encoding="utf-8") as file:
        (tables,) = hcl2.load(file)["locals"]
    return dict(tables)


def test_types_ranks_and_highest_severities_agree(tables: dict[str, Any]) -> None:
    assert {
        name: (row["ranked"], row["highest_severity"].strip('"')) for name, row in tables["event_types"].items()
    } == {name: (row.ranked, row.highest_severity.label) for name, row in CHOOSABLE_TYPES.items()}


def test_severities_are_in_the_same_order(tables: dict[str, Any]) -> None:
    assert [name.strip('"') for name in tables["severities"]] == [severity.label for severity in Severity]


# Whether a device control event carries a rank is not known.
@pytest.mark.parametrize("name", sorted(set(CHOOSABLE_TYPES) - {"DeviceControlEvent"}))
def test_samples_carry_a_rank_where_the_table_says_so(name: str) -> None:
    for event in events_of(messages()[name]):
        assert ("Rank" in event) is CHOOSABLE_TYPES[name].ranked
