"""examples/datadog: each file is what Datadog's API takes, and asks only for what the function sends."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from datadog_api_client.v1.model.dashboard import Dashboard

from deep_security_datadog.datadog import events, logs
from deep_security_datadog.deep_security.severity import Severity
from tests.golden import CONTEXT, NOTIFICATION, events_of_samples
from tests.repository import streams
from tests.repository.attacks import ATTACKS, HARMLESS
from tests.repository.datadog_models import problems
from tests.repository.datadog_search import Document, parse
from tests.repository.days import DAYS
from tests.support import item
from tools.repository import ROOT

HERE = ROOT / "examples" / "datadog"
MONITORS = sorted((HERE / "monitors").glob("*.json"))
DETECTIONS = sorted((HERE / "detections").glob("*.json"))

VARIABLE = re.compile(r"\$(\w+)")
EVENT_QUERY = re.compile(
    r'events\("(?P<search>[^"]+)"\)\.rollup\("count"\)(?:\.by\("(?P<by>[^"]+)"\))?\.last\("(?P<window>\d+)(?P<unit>[mh])"\)'
    r" (?P<operator>[<>]) (?P<number>\d+)"
)
METRIC = re.compile(r"max:(?P<metric>[\w.]+)\{queuename:(?P<queue>[\w-]+)\} by \{(?P<by>[\w,]+)\}")
QUEUE_METRICS = {"aws.sqs.approximate_number_of_messages_visible", "aws.sqs.approximate_age_of_oldest_message"}
# The tags of Datadog's AWS integration on metrics of SQS.
QUEUE_TAGS = {"queuename", "region", "aws_account"}
# What a list of logs shows of its own: status as a colour, time, host, message.
LOG_COLUMNS = {"status_line", "timestamp", "host", "content"}
# Tags whose values are names that anybody gives; of the others each value has to be one that is sent.
OPEN_TAGS = {"entity", "finding", "rule"}


class Sent(dict[str, frozenset[str]]):
    """What can be searched for in the events or the logs of the streams, with the values that were sent."""

    def __init__(self, documents: Iterable[Document]) -> None:
        for document in documents:
            for key, values in document.values.items():
                self[key] = self.get(key, frozenset()) | values

    def unknown(self, search: str) -> Iterator[str]:
        for term in parse(search).terms:
            if term.key not in self:
                yield term.key
            elif term.key not in OPEN_TAGS and not term.key.startswith("@"):
                found = set(term.finds(self[term.key]))
                # Events and logs have other words for the status.
                if term.key != "status" or not found:
                    yield from (f"{term.key}:{pattern}" for pattern in term.patterns if pattern not in found)


def everything_sent() -> dict[str, Sent]:
    """Without configured tags, which not every user has."""
    context = CONTEXT._replace(tags=())
    found: dict[str, list[Document]] = {"events": [], "logs": []}
    attacks = itertools.chain(*(attack.events for attack in ATTACKS.values()), *HARMLESS.values())
    for properties in itertools.chain((properties for _, properties in events_of_samples()), attacks):
        one = item(properties, NOTIFICATION)
        found["events"].append(Document.of_event({"date_happened": 0, **events.body(one, context)}))
        found["logs"].append(Document.of_log(logs.body(one, context)))
    return {name: Sent(documents) for name, documents in found.items()}


SENT = everything_sent()
SOURCES = {"event_stream": "events", "logs_stream": "logs"}


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def widgets() -> Iterator[dict[str, Any]]:
    for group in load(HERE / "dashboard.json")["widgets"]:
        yield from (widget["definition"] for widget in group["definition"]["widgets"])


def requests() -> Iterator[tuple[str, dict[str, Any]]]:
    for widget in widgets():
        for request in widget.get("requests", ()):
            yield widget["title"], request


def searches() -> Iterator[tuple[str, str, str]]:
    """Title, data source and search of everything in the dashboard that asks for events or logs."""
    for title, request in requests():
        if stream := request.get("query"):
            yield title, SOURCES[stream["data_source"]], stream["query_string"]
        for query in request.get("queries", ()):
            if query["data_source"] != "metrics":
                yield title, query["data_source"], query["search"]["query"]


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ("board", "titel", "x"), ("board", "layout_type", "sideways"), ("group", "colour", "red"),
        ("chart", "type", "timeserie"), ("request", "display_type", "pie"), ("query", "data_source", "event"),
        ("query", "limit", 1),
    ],
)  # fmt: skip
def test_the_check_of_the_model_notices(place: str, key: str, value: object) -> None:
    board = load(HERE / "dashboard.json")
    group = board["widgets"][0]["definition"]
    chart = next(each["definition"] for each in group["widgets"] if each["definition"]["type"] == "timeseries")
    request = chart["requests"][0]
    places = {"board": board, "group": group, "chart": chart, "request": request, "query": request["queries"][0]}
    places[place][key] = value
    assert problems(load(HERE / "dashboard.json"), Dashboard) == [] != problems(board, Dashboard)


@pytest.mark.parametrize(
    "search", ["modul:system", "action:quarantine", "action:(deny OR denied)", "@network.client", "-severity:severe"]
)
def test_what_is_not_sent_is_found(search: str) -> None:
    assert len(list(SENT["logs"].unknown(search if ":" in search else f"{search}:*"))) == 1


def test_dashboard_asks_for_what_is_sent() -> None:
    found = [(title, unknown) for title, source, search in searches() for unknown in SENT[source].unknown(search)]
    assert len(list(searches())) > 15 and found == []
    assert all(
        ("integration:deep_security" if source == "events" else "source:trend-micro-deep-security") in search
        for _, source, search in searches()
    )


def test_dashboard_groups_by_what_is_sent() -> None:
    queries = [query for _, request in requests() for query in request.get("queries", ())]
    groups = {(query["data_source"], group["facet"]) for query in queries for group in query.get("group_by", ())}
    assert len(groups) > 5 and [(source, facet) for source, facet in groups if facet not in SENT[source]] == []


def test_template_variables_are_sent_tags_and_used_everywhere() -> None:
    variables = load(HERE / "dashboard.json")["template_variables"]
    for sent in SENT.values():
        assert [each["prefix"] for each in variables if each["prefix"] not in sent] == []
    names = {each["name"] for each in variables}
    assert [title for title, _, search in searches() if set(VARIABLE.findall(search)) != names] == []


def test_formulas_and_columns_are_of_their_request() -> None:
    for title, request in requests():
        names = {query["name"] for query in request.get("queries", ())}
        assert {formula["formula"] for formula in request.get("formulas", ())} == names, title
        if request.get("query", {}).get("data_source") == "logs_stream":
            assert {column["field"] for column in request["columns"]} <= LOG_COLUMNS


def test_releases_are_events_of_others() -> None:
    charts = [widget for widget in widgets() if widget["type"] == "timeseries" and "metrics" not in json.dumps(widget)]
    overlays = [overlay["q"] for chart in charts for overlay in chart["events"]]
    assert len(overlays) == len(charts) == 7
    assert set(overlays) == {"tags:(deployment OR release) -integration:deep_security"}


def test_widgets_do_not_overlap() -> None:
    board = load(HERE / "dashboard.json")["widgets"]
    for group in [board, *(each["definition"]["widgets"] for each in board)]:
        cells = [
            (x, y)
            for layout in (widget["layout"] for widget in group)
            for x in range(layout["x"], layout["x"] + layout["width"])
            for y in range(layout["y"], layout["y"] + layout["height"])
        ]
        assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 12
    for group in board:
        inner = [widget["layout"] for widget in group["definition"]["widgets"]]
        assert max(layout["y"] + layout["height"] for layout in inner) + 1 == group["layout"]["height"]


@pytest.mark.parametrize("path", DETECTIONS, ids=lambda path: path.stem)
def test_detection_rules_ask_for_what_is_sent(path: Path) -> None:
    for query in load(path)["queries"]:
        fields = [*query["groupByFields"], *query["distinctFields"], *query.get("metrics", ())]
        for sent in (SENT["logs"],) if "@" in json.dumps(load(path)["queries"]) else SENT.values():
            assert list(sent.unknown(query["query"])) == []
            assert [field for field in fields if field not in sent] == []
        assert query["query"].startswith("integration:deep_security module:")


@pytest.mark.parametrize("path", MONITORS, ids=lambda path: path.stem)
def test_monitors(path: Path) -> None:
    monitor = load(path)
    assert set(monitor["tags"]) == {"integration:deep_security", f"deep-security-datadog:{path.stem}"}
    if monitor["type"] == "metric alert":
        query = METRIC.search(monitor["query"])
        assert query
        number = monitor["query"].rpartition(" ")[2]
    else:
        query = EVENT_QUERY.fullmatch(monitor["query"])
        assert query and monitor["type"] == "event-v2 alert"
        assert list(SENT["events"].unknown(query["search"])) == []
        assert "integration:deep_security" in query["search"].split()
        assert not query["by"] or query["by"] in SENT["events"]
        # Late events fall out of a shorter window; Datadog takes no longer one.
        assert 15 <= int(query["window"]) * {"m": 1, "h": 60}[query["unit"]] <= 2880
        number = query["number"]
    assert float(number) == monitor["options"]["thresholds"]["critical"]
    variables = set(re.findall(r"\{\{(\w+)\.name\}\}", monitor["name"] + monitor["message"]))
    assert variables <= set((query["by"] or "").split(","))
    others = set(re.findall(r"\{\{([\w.]+)\}\}", monitor["name"] + monitor["message"]))
    assert others - {f"{name}.name" for name in variables} <= {"event.title", "value"}


def urgent(happened: Iterable[streams.Properties], *host_tags: str) -> Iterator[tuple[str, Severity]]:
    """The monitors of security events that an event sets off, with its severity."""
    names = ("critical-event", "malware-not-removed")
    queries = {name: EVENT_QUERY.fullmatch(load(HERE / "monitors" / f"{name}.json")["query"]) for name in names}
    searches = {name: parse(query["search"]).matches for name, query in queries.items() if query}
    for one in (item(properties, NOTIFICATION) for properties in happened):
        document = Document.of_event({"date_happened": 0, **events.body(one, CONTEXT)}, host_tags)
        yield from ((name, one.event.severity) for name, matches in searches.items() if matches(document))


def test_tags_of_a_host_set_off_no_monitor() -> None:
    samples = (properties for _, properties in events_of_samples())
    found = list(urgent(samples, "severity:critical", "action:passed"))
    assert {name for name, _ in found} == {"critical-event", "malware-not-removed"}
    assert all(severity >= Severity.HIGH for _, severity in found)


@pytest.mark.parametrize("day", DAYS)
def test_an_ordinary_day_sets_off_no_monitor(day: str) -> None:
    assert list(urgent(DAYS[day].events)) == []


def test_no_monitor_doubles_a_rule_over_events() -> None:
    """Rules that need no attribute are there without logs, and so are the monitors."""
    queries = {path.stem: load(path)["queries"] for path in DETECTIONS}
    rules = {rule for rule, asked in queries.items() if asked and "@" not in json.dumps(asked)}
    found = {name: list(urgent(attack.events)) for name, attack in ATTACKS.items() if not attack.source}
    assert [name for name, set_off in found.items() if set_off and ATTACKS[name].signals[0][0] in rules] == []
    assert all(len({name for name, _ in set_off}) <= 1 for set_off in found.values()) and any(found.values())


def test_metrics_are_of_the_modules_queues() -> None:
    """The names of the queues are the module's by default."""
    name = re.search(r'variable "name".*?default\s+= "([^"]+)"', (ROOT / "variables.tf").read_text(), re.DOTALL)
    assert name and '"${var.name}-dead-letter"' in (ROOT / "dead_letter_queue.tf").read_text()
    queries = [load(path)["query"] for path in MONITORS] + [
        query["query"]
        for _, request in requests()
        for query in request.get("queries", ())
        if query["data_source"] == "metrics"
    ]
    asked = [found for query in queries for found in METRIC.finditer(query)]
    assert len(asked) == 3
    for query in asked:
        assert query["metric"] in QUEUE_METRICS and set(query["by"].split(",")) <= QUEUE_TAGS
        assert query["queue"] in (name[1], f"{name[1]}-dead-letter")


def test_the_documented_view_asks_for_what_is_sent() -> None:
    (address,) = re.findall(r"<(https://app\.datadoghq\.com/logs\S+)>", (HERE / "README.md").read_text())
    asked = parse_qs(urlsplit(address).query)
    assert list(SENT["logs"].unknown(asked["query"][0])) == []
    columns = asked["cols"][0].split(",")
    assert [column for column in columns if column != "host" and column not in SENT["logs"]] == []
