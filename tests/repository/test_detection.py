"""examples/datadog/detections: each rule, as Datadog documents its parts, on attacks and on ordinary days."""

from __future__ import annotations

import functools
import ipaddress
import itertools
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from datadog_api_client.v2.model.security_monitoring_standard_rule_create_payload import (
    SecurityMonitoringStandardRuleCreatePayload,
)

from deep_security_datadog.datadog import events, logs
from deep_security_datadog.deep_security.severity import Severity
from tests.golden import CONTEXT, NOTIFICATION, events_of_samples
from tests.repository import streams
from tests.repository.datadog_models import problems
from tests.repository.datadog_search import Document, parse
from tests.repository.detection import SEVERITIES, Signal, holds, signals
from tests.support import item
from tools.repository import ROOT

FOLDER = ROOT / "examples" / "datadog" / "detections"
README = (FOLDER.parent / "README.md").read_text()
RULES = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
SECOND_DAY = streams.MIDNIGHT.timestamp() + 86_400
# https://attack.mitre.org/tactics/enterprise/
TAG = re.compile(r"tactic:TA\d{4}-[a-z-]+|technique:T\d{4}-[a-z-]+")

every_rule = pytest.mark.parametrize("rule", RULES)
every_attack = pytest.mark.parametrize("attack", streams.ATTACKS)


def documents(stream: Iterable[streams.Properties], destination: str = "logs") -> list[Document]:
    """As Datadog gets them from the function, each half a minute after it happened."""
    found = []
    for properties in stream:
        one = item(properties, NOTIFICATION)
        context = CONTEXT._replace(now=(one.event.time or CONTEXT.now) + timedelta(seconds=30))
        if destination == "logs":
            found.append(Document.of_log(logs.body(one, context)))
        else:
            found.append(Document.of_event(events.body(one, context)))
    return found


@functools.cache
def two_ordinary_days(destination: str) -> list[Document]:
    return documents(itertools.chain(streams.ordinary_day(0), streams.ordinary_day(1)), destination)


@functools.cache
def background(name: str, destination: str) -> list[Document]:
    """What of two ordinary days a rule looks at."""
    searches = [parse(query["query"]) for query in RULES[name]["queries"]]
    return [each for each in two_ordinary_days(destination) if any(search.matches(each) for search in searches)]


def fired(name: str, stream: Iterable[streams.Properties], destination: str = "logs") -> list[Signal]:
    found = signals(RULES[name], [*background(name, destination), *documents(stream, destination)])
    assert not [signal for signal in found if signal.time < SECOND_DAY], "the first day is an ordinary one"
    return found


# Of hosts, in Datadog: an owner's idea of severity, and of what else the rules ask for.
HOST_TAGS = ("severity:critical", "severity:high", "action:passed", "env:prod")


@pytest.mark.parametrize("destination", ["logs", "events"])
@every_rule
def test_tags_of_a_host_make_nothing_of_less_severe_events(rule: str, destination: str) -> None:
    """Each search that asks for a severity finds no medium, low or info event, whatever its host's tags are."""
    for search in (query["query"] for query in RULES[rule]["queries"] if "severity:" in query["query"]):
        for properties in itertools.chain(streams.every_action(), (each for _, each in events_of_samples())):
            one = item({**properties, "LogDate": "2024-05-14T09:40:00Z"}, NOTIFICATION)
            if one.event.severity < Severity.HIGH:
                made = {"logs": logs, "events": events}[destination].body(one, CONTEXT)
                of = {"logs": Document.of_log, "events": Document.of_event}[destination]
                assert not parse(search).matches(of(made, HOST_TAGS)), properties


def needs_logs(rule: Any) -> bool:
    return "@" in json.dumps(rule["queries"])


@every_rule
def test_silent_on_ordinary_days(rule: str) -> None:
    assert fired(rule, []) == []


@every_attack
def test_one_signal_for_an_attack(attack: str) -> None:
    rule, status, case, stream = streams.ATTACKS[attack]
    assert [(signal.status, signal.case) for signal in fired(rule, stream)] == [(status, case)]


@pytest.mark.parametrize("attack", [name for name, each in streams.ATTACKS.items() if not needs_logs(RULES[each.rule])])
def test_rules_without_attributes_find_the_attack_in_events_too(attack: str) -> None:
    rule, status, case, stream = streams.ATTACKS[attack]
    assert [(signal.status, signal.case) for signal in fired(rule, stream, "events")] == [(status, case)]


@every_attack
def test_two_at_once_are_two_signals(attack: str) -> None:
    """By their groups: two hosts, or for what one source does to many hosts, two sources."""
    rule, _, _, stream = streams.ATTACKS[attack]
    own = {"SourceIP": "10.0.8.8"} if rule == "one-source-many-hosts" else {"Hostname": "web-8", "TargetName": "web-8"}
    again = [{**each, **{name: value for name, value in own.items() if name in each}} for each in stream]
    expected = [signal.status for signal in fired(rule, stream)] * 2
    assert [signal.status for signal in fired(rule, [*stream, *again])] == expected


@pytest.mark.parametrize(("rule", "key"), [(rule, key) for rule, keys in streams.PLACES.items() for key in keys])
def test_every_place_that_a_rule_of_files_names(rule: str, key: str) -> None:
    kinds = {
        number: [streams.change(34, "web-9", key, "/usr/bin/bash") | {"Change": number}] for number in (1, 2, 3, 4)
    }
    guesses = [streams.guesses(33.9, "web-9", "203.0.113.66")] if rule.startswith("brute") else []
    assert [number for number, change in kinds.items() if fired(rule, [*guesses, *change])] == [1, 2, 4]
    for process in streams.UPDATERS:
        assert fired(rule, [*guesses, streams.change(34, "web-9", key, process)]) == []


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.1.1", *(f"172.{number}.0.1" for number in range(15, 33))])
def test_private_addresses(address: str) -> None:
    [_, _, probed] = RULES["one-source-many-hosts"]["queries"]
    [denied] = documents([streams.event("PacketLog", 34, "web-9", SourceIP=address, Action=1)])
    assert parse(probed["query"]).matches(denied) is ipaddress.ip_address(address).is_private


@every_attack
def test_no_other_rule_fires_on_an_attack(attack: str) -> None:
    own, _, _, stream = streams.ATTACKS[attack]
    assert {name for name in RULES if fired(name, stream)} == {own}


@pytest.mark.parametrize("harmless", streams.HARMLESS)
def test_silent_where_it_is_not_enough(harmless: str) -> None:
    assert {name for name in RULES if fired(name, streams.HARMLESS[harmless])} == set()


def test_every_case_has_its_attack() -> None:
    cases = {(name, case["status"], case["name"]) for name, rule in RULES.items() for case in rule["cases"]}
    assert cases == {attack[:3] for attack in streams.ATTACKS.values()}


@pytest.mark.parametrize("name", streams.INCIDENTS)
def test_samples_that_are_incidents(name: str) -> None:
    properties = dict(events_of_samples())[name] | {"LogDate": streams.at(34)}
    assert {rule for rule in RULES if fired(rule, [properties])} == {streams.INCIDENTS[name]}


def test_the_table_of_the_readme() -> None:
    rows = re.findall(r"^\| \[(.+?)\]\(detections/.+?\) \|.+?\| ([a-z,; ]+) \|.+?\| (yes)? ?\|$", README, re.MULTILINE)
    shown = {name: (re.split(r"[,;] ", severities), bool(logs)) for name, severities, logs in rows}
    expected = {
        name: (list(dict.fromkeys(case["status"] for case in rule["cases"])), needs_logs(rule))
        for name, rule in RULES.items()
    }
    assert shown == expected


@every_rule
def test_the_official_model_knows_all_of_it(rule: str) -> None:
    assert problems(RULES[rule], SecurityMonitoringStandardRuleCreatePayload) == []


@every_rule
def test_what_datadog_checks_when_a_rule_is_made(rule: str) -> None:
    """https://docs.datadoghq.com/security/cloud_siem/detect_and_monitor/custom_detection_rules/create_rule/real_time_rule/"""
    body = RULES[rule]
    options, ranks = body["options"], [SEVERITIES.index(case["status"]) for case in body["cases"]]
    new_value = options["detectionMethod"] == "new_value"
    assert new_value or options["evaluationWindow"] <= options["keepAlive"] <= options["maxSignalDuration"]
    assert ranks == sorted(ranks, reverse=True), "the first case that matches wins"
    for query in body["queries"]:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", query["name"])
        assert bool(query["distinctFields"]) == (query["aggregation"] == "cardinality")
        assert bool(query.get("metrics")) == (query["aggregation"] == "new_value")
    assert len({tuple(query["groupByFields"]) for query in body["queries"]}) == 1, "queries are joined by their groups"
    if options["detectionMethod"] == "sequence_detection":
        steps, transitions = (options["sequenceDetectionOptions"][key] for key in ("steps", "stepTransitions"))
        assert sum(each["evaluationWindow"] for each in transitions) <= 86_400
        pairs = list(itertools.pairwise(step["name"] for step in steps))
        assert [(each["parent"], each["child"]) for each in transitions] == pairs
        assert {query["aggregation"] for query in body["queries"]} == {"count"}


@every_rule
def test_tags_and_message(rule: str) -> None:
    body = RULES[rule]
    own = ["integration:deep_security", f"deep-security-datadog:{rule}", "source:trend-micro-deep-security"]
    assert body["tags"][:4] == [*own, "security:attack"]
    assert len(body["tags"]) == 6 and all(TAG.fullmatch(tag) for tag in body["tags"][4:])
    assert (
        "\n1. " in body["message"]
        and "](https://app.datadoghq.com/logs?query=integration%3Adeep_security" in body["message"]
    )
    fields = body["queries"][0]["groupByFields"] + body["queries"][0].get("metrics", [])
    variables = re.findall(r"\{\{(?:urlencode \")?(@?[\w.]+?)(?:\.name)?\"?\}\}", body["message"])
    assert set(variables) <= set(fields)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("a > 1", True), ("a > 2", False), ("a >= 2", True), ("a > 0 && b > 0", False), ("a < 2 || b < 1", True)],
)
def test_conditions(condition: str, expected: bool) -> None:
    assert holds(condition, {"a": 2, "b": 0}) is expected


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="not understood"):
        holds("a == 1", {"a": 1})
