"""docs/cost.md computes what it says from its own assumptions, and the README and the module agree with it."""

import re
from statistics import mean

import pytest

from deep_security_datadog.datadog import logs
from deep_security_datadog.values import to_json
from tests.golden import CONTEXT, NOTIFICATION, events_of_samples
from tests.support import item
from tools.repository import ROOT

PAGE = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULE = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("variables.tf", "invocation.tf"))


ROWS = {
    re.sub(r"[\[*]|\].*", "", cells[0]): cells[1:5]
    for line in PAGE.splitlines()
    if len(cells := [cell.strip(" *") for cell in line.strip("|").split("|")]) == 6
}


def _costs(events: int) -> dict[str, float]:
    messages, month = events / 5, 730
    environments = min(messages, 5 * month / 2)
    core = 256 / 1769
    seconds = messages * (0.100 + 0.008 / (core / 2)) + environments * 0.450 / core
    reads = min(messages, environments + 5 * month * 12)
    costs = {
        "Lambda": seconds * 256 / 1024 * 0.0000133334 + messages * 0.20e-6,
        "SQS": (5 * month * 180 + 3 * messages) * 0.40e-6,
        "SNS": messages * 0.50e-6,
        "Secrets Manager": 0.40 + reads * 5e-6,
        "Logs": messages * 1_200e-9 * 0.53,
        "Metrics": 7 * 0.30 * min(1, messages / month),
        "Alarms": 10 * 0.10,
        "Data to Datadog": events * 2_400e-9 * 0.09,
    }
    return costs | {"Total": sum(costs.values())}


@pytest.mark.parametrize(("column", "events"), [(0, 0), (1, 1_000), (2, 1_000_000), (3, 100_000_000)])
def test_the_table_follows_from_its_assumptions(column: int, events: int) -> None:
    expected = {
        name: f"{cost:,.2f}" if cost == 0 or cost >= 0.005 else "< 0.01" for name, cost in _costs(events).items()
    }
    assert {name: ROWS[name][column] for name in expected} == expected


def test_the_readme_rounds_the_totals() -> None:
    shown = re.search(
        r"About ([\d.]+) USD a month .* idle, (\d+) USD .* a million .*, (\d+) USD .* a hundred million", README
    )
    assert shown
    assert [float(number) for number in shown.groups()] == pytest.approx(
        [_costs(events)["Total"] for events in (0, 1_000_000, 100_000_000)], rel=0.1
    )


def test_what_ocsf_adds_to_a_log() -> None:
    shown = re.search(r"a log has ([\d.]+) KB instead of ([\d.]+) .*?at most ([\d.]+) KB", PAGE, re.DOTALL)
    assert shown
    events = [properties for _, properties in events_of_samples()]
    plain, larger = (
        [len(to_json(logs.body(item(event, NOTIFICATION), CONTEXT._replace(ocsf=ocsf)))) for event in events]
        for ocsf in (False, True)
    )
    added = [after - before for before, after in zip(plain, larger, strict=True)]
    found = [mean(larger), mean(plain), max(added)]
    assert [f"{size / 1000:.1f}" for size in found] == list(shown.groups())
    assert 0.6 < sum(added) / sum(plain) < 0.75, "variables.tf says two thirds"


@pytest.mark.parametrize(
    ("shown", "default"),
    [
        ("**Memory, 256 MB.**", "memory_size = optional(number, 256)"),
        ("**Maximum concurrency, 5.**", "maximum_concurrency = optional(number, 5)"),
        ("**OCSF in logs, off.**", "ocsf = optional(bool, false)"),
        ("**Batch size, 10.**", "batch_size = 10"),
        ("reads the key every 300 seconds", "api_key_reload_interval = optional(number, 300)"),
    ],
)
def test_the_module_has_the_defaults_of_the_page(shown: str, default: str) -> None:
    assert shown in PAGE
    assert default in re.sub(r" +", " ", MODULE)
