"""An option, a type or an alarm that is added is named wherever all of its kind are."""

import re

import pytest

from deep_security_datadog.datadog.tags import INSTANCE_TAG_PREFIX, tags_of
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.filter import OPTIONS, Filter
from tests.golden import events_of_samples
from tests.payload.test_imports import FILES, MAY_KNOW, room
from tools import tables
from tools.events_page import PAGE as EVENTS
from tools.repository import ROOT

DOCS = ROOT / "docs"
ALARMS = (ROOT / "alarms.tf").read_text(encoding="utf-8")


def column(page: str, header: str, place: int = 0) -> list[str]:
    """The names in a column of the table with this header."""
    _, _, rest = (DOCS / page).read_text(encoding="utf-8").partition(header)
    assert rest, f"{page} has no table {header}"
    rows = [line.strip() for line in rest.partition("\n\n")[0].splitlines()[2:]]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.strip("|").split(" | ")[place])]


def test_the_options_of_the_filter() -> None:
    assert set(OPTIONS) == set(Filter._fields)
    kept = column("filtering.md", "| Option | Keeps | Default |")
    # What folds keeps all.
    assert sorted([*kept, "fold_repeats"]) == sorted(OPTIONS)
    at_the_source = column("filtering.md", "| Option | At the source |")
    # It goes with the rank.
    assert sorted([*at_the_source, "unranked_events"]) == sorted(OPTIONS)


def test_the_options_that_deep_security_does_not_know() -> None:
    description = tables.outputs(ROOT)["deep_security_sns_configuration"]
    own = {name for name in OPTIONS if name in description}
    assert own == OPTIONS.keys() - {"event_types", "unranked_events"}


def test_the_metric_of_each_option_that_drops() -> None:
    never = OPTIONS["fold_repeats"].drops
    dropping = [name for name, option in OPTIONS.items() if option.drops is not never]
    metrics = [name for name in column("operating.md", "| Metric | Unit |") if name.startswith("FilteredBy")]
    assert metrics == [f"FilteredBy{name.title().replace('_', '')}" for name in dropping]


@pytest.mark.parametrize(
    ("page", "header", "place"),
    [
        ("setup-deep-security.md", "| Type | `EventType` | Note |", 1),
        ("reference/deep-security-events.md", "| `EventType` | Module | Severity | Rank |", 0),
    ],
)
def test_the_types_of_events(page: str, header: str, place: int) -> None:
    assert set(column(page, header, place)) - {"TestSNS"} == set(EVENT_TYPES) - {"TestSNS"}


def test_the_metrics_in_alarms_that_the_costs_count() -> None:
    """All alarms of delivery by queue: a metric each, but for the one that computes with several."""
    wanted = re.findall(r"^    ([a-z-]+) = \{\n      (?:#.*\n      )?wanted += (.+)$", ALARMS, re.MULTILINE)
    assert len(wanted) >= 8
    _, _, stalled = ALARMS.partition('resource "aws_cloudwatch_metric_alarm" "stalled"')
    computed = re.findall(r"^      \w+ += \{ metric = ", stalled, re.MULTILINE)
    count = sum(condition != "!local.use_queue" for _, condition in wanted) + len(computed)
    assert f"| {count} metrics in alarms, " in (DOCS / "cost.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MAY_KNOW)
def test_the_modules_of_the_payload(name: str) -> None:
    _, _, table = (DOCS / "design.md").read_text(encoding="utf-8").partition("| Folder | Modules |")
    rows = dict(re.findall(r"^\| `?(\w+)`? \| (.*) \|$", table.partition("\n\n")[0], re.MULTILINE))
    named = re.findall(r"`(\w+)`", rows["shared" if name == "ground" else name])
    assert sorted(named) == sorted(module.rpartition(".")[2] for module in FILES if room(module) == name)


def test_the_tags() -> None:
    described = set(re.findall(r"^\| `([a-z_*-]+)` \| .* \| (?:yes|no) \|$", EVENTS.read_text(), re.MULTILINE))
    events = [Event({**properties, "Tags": "x"}) for _, properties in events_of_samples()]
    tags = {tag for event in events for tag in tags_of(event, account_id="1", configured=())}
    keys = {tag.partition(":")[0] for tag in tags}
    assert {f"{INSTANCE_TAG_PREFIX}*" if key.startswith(INSTANCE_TAG_PREFIX) else key for key in keys} == described
    # Each is a tag of its own.
    assert all(set(row.tags) <= described for row in EVENT_TYPES.values())
