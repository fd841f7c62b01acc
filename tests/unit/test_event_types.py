"""The module's table of event types, by which filters are refused at plan, is the payload's."""

from __future__ import annotations

import re
from typing import Any

import hcl2
import pytest

from deep_security_datadog.filter import ALWAYS_PRESENT, CHOOSABLE_TYPES
from deep_security_datadog.severity import Severity
from tools.repository import ROOT
from tools.samples import events_of, messages


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    with (ROOT / "modules" / "forwarder" / "filters.tf").open(encoding="utf-8") as file:
        (tables,) = hcl2.load(file)["locals"]
    return dict(tables)


def test_types_ranks_and_highest_severities_agree(tables: dict[str, Any]) -> None:
    assert {
        name: (row["ranked"], row["highest_severity"].strip('"')) for name, row in tables["event_types"].items()
    } == {name: (row.ranked, row.highest_severity.label) for name, row in CHOOSABLE_TYPES.items()}


def test_severities_are_in_the_same_order(tables: dict[str, Any]) -> None:
    assert [name.strip('"') for name in tables["severities"]] == [severity.label for severity in Severity]


def test_properties_of_every_event_agree_and_are_in_the_samples(tables: dict[str, Any]) -> None:
    assert {name.strip('"') for name in tables["always_present"]} == ALWAYS_PRESENT
    for name in ("PacketLog", "PayloadLog", "AntiMalwareEvent", "SystemEvent", "AppControlEvent"):
        for event in events_of(messages()[name]):
            assert set(event) >= ALWAYS_PRESENT


# Whether a device control event carries a rank is not known.
@pytest.mark.parametrize("name", sorted(set(CHOOSABLE_TYPES) - {"DeviceControlEvent"}))
def test_samples_carry_a_rank_where_the_table_says_so(name: str) -> None:
    for event in events_of(messages()[name]):
        assert ("Rank" in event) is CHOOSABLE_TYPES[name].ranked


def test_both_filters_have_the_same_validations() -> None:
    """But for what only one can have: the length of the environment, and a destination that is not used."""
    text = (ROOT / "modules" / "forwarder" / "variables.tf").read_text(encoding="utf-8")
    blocks = dict(re.findall(r'variable "(filter|logs_filter)" \{\n(.*?)\n\}\n', text, re.DOTALL))
    of_both = [
        {
            re.sub(r"try\((var\.filter\.\w+), [^()]*\)", r"\1", block.replace("logs_filter", "filter"))
            for block in re.findall(r"  validation \{.*?\n  \}", blocks[name], re.DOTALL)
        }
        for name in ("filter", "logs_filter")
    ]
    shared = of_both[0] & of_both[1]
    assert len(shared) == 7, of_both[0] ^ of_both[1]
    assert [len(own - shared) for own in of_both] == [1, 1]
