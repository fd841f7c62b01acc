"""The operating guide speaks of the alarms, metrics and log lines that there are."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import responses

from deep_security_datadog.filter import OPTIONS
from tests.support import EVENTS_URL, LOGS_URL, BuildForwarder, sqs_record
from tools.repository import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text()
Line = dict[str, Any]

CLAUSE = re.compile(r"(@?\w+) (?:(>|=) (?:(\d+)|\"(\w+)\")|like /(.+)/)")


def query() -> dict[str, str]:
    """The commands of the Insights query by name."""
    [text] = re.findall(r"```text\n(fields .*?)```", PAGE, flags=re.DOTALL)
    return dict(" ".join(command.split()).split(" ", 1) for command in re.split(r"\n\| ", text))


def holds(clause: str, line: Line) -> bool:
    """One comparison of the query's filter, as Insights makes it: false where the field is not there."""
    found = CLAUSE.fullmatch(clause)
    assert found, f"this test cannot read {clause}"
    name, operator, number, word, pattern = found.groups()
    value = json.dumps(line, separators=(",", ":")) if name == "@message" else line.get(name)
    if value is None:
        return False
    if pattern:
        return re.search(pattern, str(value)) is not None
    return float(value) > int(number) if operator == ">" else value == (word or int(number))


def shown(line: Line) -> bool:
    return any(holds(clause, line) for clause in query()["filter"].split(" or "))


@pytest.fixture
def lines(
    intake: responses.RequestsMock, forwarder: BuildForwarder, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[Line]]:
    """The log of one invocation with a message of these severities, Datadog answering with these statuses."""

    def invoke(
        *statuses: int, severities: tuple[int, ...] = (3,), message: object = None, **settings: str
    ) -> list[Line]:
        intake.reset()
        for status in statuses:
            intake.post(EVENTS_URL, status=status)
        intake.post(LOGS_URL, status=statuses[-1] if statuses else 202)
        events = [{"EventType": "SystemEvent", "Title": "T", "Severity": severity} for severity in severities]
        records = [sqs_record(events if message is None else message)]
        forwarder(**settings).forward({"Records": records}, seconds_left=lambda: 60, request_id="q")
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return invoke


FILTER = {"minimum_severity": "high"}


def filtered(**filters: object) -> str:
    return json.dumps({destination: {"filter": options} for destination, options in filters.items()})


def test_what_arrived_is_not_shown(lines: Callable[..., list[Line]]) -> None:
    assert [shown(line) for line in lines(202)] == [False]


def test_what_did_not_arrive_is_shown(lines: Callable[..., list[Line]]) -> None:
    cases = {
        "filtered": lines(severities=(1,), DESTINATIONS=filtered(events=FILTER)),
        "waits": lines(503, 503, 503, 503),
        "waits in part": lines(202, 503, 503, 503, 503, severities=(3, 3)),
        "refused": lines(400),
        "no event": lines(message="no JSON"),
    }
    for case, written in cases.items():
        assert all(shown(line) for line in written), case
    assert shown({"message": "END"}) is False
    assert shown({"x": "2026-01-01T00:00:00Z q Task timed out after 30.00 seconds"})
    assert shown({"x": "RequestId: q Error: Runtime exited with error: signal: killed\nRuntime.ExitError"})


def test_the_first_query_finds_what_waits(lines: Callable[..., list[Line]]) -> None:
    [pattern] = re.findall(r"--filter-pattern '(.+?)'", PAGE.partition("## Alarms")[0])
    terms = re.findall(r'\?(?:"(.+?)"|(\w+))', pattern)

    def found(line: Line) -> bool:
        return any((phrase or word) in json.dumps(line) for phrase, word in terms)

    assert not any(map(found, lines(202)))
    assert any(map(found, lines(202, 429, 429, 429, 429, severities=(3, 3)))), "accepted in part"
    assert any(map(found, lines(400)))


def test_reasons_are_parsed(lines: Callable[..., list[Line]]) -> None:
    pattern = query()["parse"].removeprefix("@message /").removesuffix("/").replace("(?<", "(?P<")
    [line] = lines(severities=(1,), DESTINATIONS=filtered(events=FILTER))
    found = re.search(pattern, json.dumps(line, separators=(",", ":")))
    assert found
    assert found["reasons"] == '"events filtered: minimum_severity":1'


def test_every_field_of_the_query_is_written(lines: Callable[..., list[Line]]) -> None:
    written = {name for status in (202, 400) for line in lines(status) for name in line}
    names = set(re.split(r", ", query()["fields"])) | {found[1] for found in CLAUSE.finditer(query()["filter"])}
    assert {name for name in names if not name.startswith("@")} <= written


def test_every_metric_is_in_the_table_and_written(lines: Callable[..., list[Line]]) -> None:
    table = PAGE.partition("## Metrics")[2].partition("## What was tried")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    documented = {name: row.split(" | ")[1] for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    both = {"DESTINATIONS": filtered(events={}, logs={})}
    values = {"event_types": ["PacketLog"], "rank_greater_than": 1, "minimum_severity": "high"}
    values |= {"exclude": [{"Title": "T"}], "unranked_events": "drop", "fold_repeats": False}
    filters = [{"unranked_events": "drop", name: values[name]} for name in OPTIONS]
    written = [
        *lines(202, **both),
        *lines(503, 503, 503, 503, **both),
        *lines(400, **both),
        *(line for one in filters for line in lines(severities=(1,), DESTINATIONS=filtered(events=one, logs={}))),
        *lines(severities=(1,), DESTINATIONS=filtered(events={}, logs=FILTER)),
        *lines(severities=(3, 3), DESTINATIONS=filtered(events={"fold_repeats": True}, logs={"fold_repeats": True})),
        *lines(202, message=[{"EventType": "SystemEvent", "LogDate": "2024-05-14T09:50:00.000Z"}]),
    ]
    blocks = [block for line in written if "_aws" in line for block in line["_aws"]["CloudWatchMetrics"]]
    assert {block["Namespace"] for block in blocks} == {"DeepSecurityDatadog"}
    assert {dimension for block in blocks for [dimension] in block["Dimensions"]} == {"FunctionName"}
    assert {metric["Name"]: metric["Unit"] for block in blocks for metric in block["Metrics"]} == documented


def test_every_alarm_has_its_section() -> None:
    source = (ROOT / "alarms.tf").read_text()
    alarms = set(re.findall(r"^    ([a-z-]+) = \{$", source, flags=re.MULTILINE))
    alarms |= set(re.findall(r'alarm_name += "\$\{var\.name\}-([a-z-]+)"', source))
    assert len(alarms) >= 8
    sections = PAGE.partition("## Alarms")[2].partition("\n## ")[0]
    assert set(re.findall(r"^### ([a-z-]+)$", sections, flags=re.MULTILINE)) == alarms
