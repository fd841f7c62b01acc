"""examples/datadog/detections: each rule, as Datadog documents its parts, on attacks and on ordinary days."""

import copy
import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from deep_security_datadog.datadog import logs
from tests.golden import CONTEXT, NOTIFICATION, events_of_samples
from tests.repository import streams
from tests.repository.attacks import ATTACKS, HARMLESS
from tests.repository.datadog_search import Document, parse
from tests.repository.days import DAYS
from tests.repository.detection import SEVERITIES, Signal, exclusion, queries, searches, signals
from tests.support import item
from tools.repository import ROOT

FOLDER = ROOT / "examples" / "datadog" / "detections"
RULES = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
# Of hosts, in Datadog: an owner's idea of severity, and of what else the rules ask for.
HOST_TAGS = ("severity:critical", "severity:high", "action:passed", "detect_only:true", "file:/a", "module:frontend")
# ATT&CK 17 as pySigma 0.11.23 has it (sigma/data/mitre_attack.py): a tactic, and its techniques that the rules see.
TACTICS = {tactic: set(techniques.split()) for tactic, techniques in {
    "TA0001-initial-access": "T1190-exploit-public-facing-application",
    "TA0002-execution": "T1053-scheduled-task-job T1059-command-and-scripting-interpreter T1204-user-execution",
    "TA0003-persistence":
        "T1053.003-cron T1098-account-manipulation T1098.004-ssh-authorized-keys T1505.003-web-shell "
        "T1543.002-systemd-service T1546-event-triggered-execution T1546.004-unix-shell-configuration-modification "
        "T1546.012-image-file-execution-options-injection T1547.001-registry-run-keys-startup-folder "
        "T1547.004-winlogon-helper-dll T1554-compromise-host-software-binary",
    "TA0005-defense-evasion": "T1070.001-clear-windows-event-logs T1562.001-disable-or-modify-tools",
    "TA0006-credential-access": "T1110-brute-force",
    "TA0007-discovery": "T1046-network-service-discovery",
    "TA0008-lateral-movement":
        "T1021-remote-services T1210-exploitation-of-remote-services T1570-lateral-tool-transfer",
    "TA0011-command-and-control": "T1071-application-layer-protocol",
}.items()}  # fmt: skip

every_rule = pytest.mark.parametrize("rule", RULES)


def documents(stream: Iterable[streams.Properties], host_tags: tuple[str, ...] = ()) -> list[Document]:
    """As Datadog has them from the function, each half a minute after it happened."""
    found = []
    for properties in stream:
        one = item(properties, NOTIFICATION)
        context = CONTEXT._replace(now=(one.event.time or CONTEXT.now) + timedelta(seconds=30), ocsf=False)
        found.append(Document.of_log(logs.body(one, context), (*HOST_TAGS, *host_tags)))
    return found


@functools.cache
def background() -> list[Document]:
    """A week before and two ordinary days."""
    return documents(itertools.chain(streams.history(), streams.ordinary_day(0), streams.ordinary_day(1)))


@functools.cache
def seen_by(rule: str) -> list[Document]:
    found = [parse(search) for search in searches(RULES[rule])]
    return [each for each in background() if any(search.matches(each) for search in found)]


@functools.cache
def scenarios() -> dict[str, list[Document]]:
    """Attacks, near misses and ordinary days, without what the team of that day suppresses."""
    found = {name: documents(attack.events) for name, attack in ATTACKS.items()}
    found |= {name: documents(near_miss) for name, near_miss in HARMLESS.items()}
    for name, day in DAYS.items():
        left_out = parse(exclusion(day.suppress)).matches if day.suppress else lambda _: False
        found[name] = [each for each in documents(day.events, day.host_tags) if not left_out(each)]
    return found


def fired(rule: str, happened: Iterable[Document]) -> list[Signal]:
    return signals(RULES[rule], [*seen_by(rule), *happened])


def found_by_all(happened: Sequence[Document]) -> list[tuple[str, Signal]]:
    return [(rule, each) for rule in RULES for each in fired(rule, happened)]


@functools.cache
def found_in(scenario: str) -> list[tuple[str, Signal]]:
    return found_by_all(scenarios()[scenario])


@pytest.mark.parametrize("day", DAYS)
def test_an_ordinary_day_calls_nobody(day: str) -> None:
    """Above low is at most what is no attack, but the team's to know; and that once."""
    found, highest = found_in(day), SEVERITIES.index(DAYS[day].status)
    assert DAYS[day].source.startswith("https://")
    assert len(found) <= 1 and all(SEVERITIES.index(each.status) <= highest for _, each in found)


@pytest.mark.parametrize("name", HARMLESS)
def test_silent_where_it_is_not_enough(name: str) -> None:
    assert found_in(name) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_seen(attack: str) -> None:
    """By each rule once, or once for each incident."""
    found = found_in(attack)
    assert {(rule, each.status, each.case) for rule, each in found} == set(ATTACKS[attack].signals)
    assert len(found) == ATTACKS[attack].number


def test_maintenance_hides_no_malware_and_no_found_password() -> None:
    left_out = parse(exclusion({"host_tags": HOST_TAGS})).matches
    hidden = "Malware still active", "brute-force-then-logon"
    assert not any(left_out(each) for name in hidden for each in scenarios()[name])


def tactics(rule: str) -> set[str]:
    return {tag.partition(":")[2] for tag in RULES[rule]["tags"] if tag.startswith("tactic:")}


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.source])
def test_one_incident_notifies_once(name: str) -> None:
    """A host notifies once an hour: again only for what is more severe, or of a tactic that it has not had."""
    happened = scenarios()[name]
    hosts = {host for each in happened for host in each.values.get("@deep_security.HostID", ())}

    def subject(rule: str, group: Sequence[str]) -> set[str]:
        return hosts.intersection(group) or set(group) or {rule}

    urgent = [(rule, each) for rule, each in found_in(name) if SEVERITIES.index(each.status) > 1]
    urgent.sort(key=lambda found: found[1].time)
    for place, (rule, later) in enumerate(urgent):
        earlier = [
            (other, SEVERITIES.index(each.status))
            for other, each in urgent[:place]
            if later.time - each.time <= 3600 and subject(rule, later.group) & subject(other, each.group)
        ]
        known = {tactic for other, _ in earlier for tactic in tactics(other)}
        assert all(SEVERITIES.index(later.status) > rank for _, rank in earlier) or tactics(rule) - known, rule


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_happens_in_another_product_or_months_later(attack: str) -> None:
    """Of another product or module nothing is a signal; what comes again later is one more."""
    found = scenarios()[attack]
    again = [each._replace(time=each.time + 100 * 86_400) for each in found]
    for rule, *_ in ATTACKS[attack].signals:
        for key in ("integration", "module"):
            others = [each._replace(values={**each.values, key: frozenset(["other"])}) for each in found]
            assert fired(rule, others) == []
        if RULES[rule]["options"]["detectionMethod"] != "new_value":
            once = [each[:3] for each in fired(rule, found)]
            assert sorted(each[:3] for each in fired(rule, [*found, *again])) == sorted(once * 2)


def test_samples_that_are_incidents() -> None:
    for name, properties in events_of_samples():
        if name in streams.INCIDENTS:
            found = found_by_all(documents([properties | {"LogDate": streams.at(34)}]))
            assert [rule for rule, _ in found] == [streams.INCIDENTS[name]]


def test_every_case_has_its_attack() -> None:
    cases = {
        (name, case["status"], case["name"])
        for name, rule in RULES.items()
        for case in (*rule["cases"], *rule.get("thirdPartyCases", ()))
    }
    assert cases == {signal for attack in ATTACKS.values() for signal in attack.signals}


# A clause of a search: what has brackets around it, or one term; a minus belongs to it. A blank in a word is escaped.
_CLAUSE = re.compile(r"-?(?:@?[\w.-]+:)?\([^()]*\)|(?:\\.|\S)+")
_LIST = re.compile(r"(?<=\()[^()]+(?=\))")


def weaker(search: str) -> Iterator[str]:
    """Without one clause, or one word in brackets. Product and module have a test of their own."""
    for clause in _CLAUSE.finditer(search):
        if clause[0] not in ("OR", search) and not clause[0].startswith(("integration:", "module:")):
            yield f"{search[: clause.start()]} {search[clause.end() :]}".strip()
    for values in _LIST.finditer(search):
        operator = " OR " if " OR " in values[0] else " "
        words = values[0].split(operator)
        for place in range(len(words)):
            rest = operator.join(words[:place] + words[place + 1 :])
            yield f"{search[: values.start()]}{rest}{search[values.end() :]}"


def mutations(name: str) -> Iterator[tuple[str, Any]]:
    for number, query in enumerate(queries(RULES[name])):
        for search in weaker(query["query"]):
            mutated = copy.deepcopy(RULES[name])
            queries(mutated)[number]["query"] = search
            yield search, mutated
    for key in ("cases", "thirdPartyCases"):
        for number, case in enumerate(RULES[name].get(key, ())) if len(RULES[name].get(key, ())) > 1 else ():
            mutated = copy.deepcopy(RULES[name])
            del mutated[key][number]
            yield f"without case {case['name']}", mutated
    for number, case in enumerate(RULES[name]["cases"]):
        for limit in re.findall(r"\d+", case["condition"]):
            mutated = copy.deepcopy(RULES[name])
            mutated["cases"][number]["condition"] = case["condition"].replace(limit, str(int(limit) + 1))
            yield f"more than {limit} and one", mutated


@every_rule
def test_every_clause_word_case_and_number_is_needed(rule: str) -> None:
    """Some attack is missed, some day or near miss is a signal, or another one, without it."""
    modules = set(re.findall(r"module:(\w+)", " ".join(searches(RULES[rule]))))
    everything = (documents(streams.history()), *scenarios().values())
    history, *found = ([each for each in happened if each.values["module"] & modules] for happened in everything)
    verdicts = [(each := [*history, *happened], signals(RULES[rule], each)) for happened in found]
    unneeded = []
    for name, mutated in mutations(rule):
        noticed = (place for place, (each, verdict) in enumerate(verdicts) if signals(mutated, each) != verdict)
        if (place := next(noticed, None)) is None:
            unneeded.append(name)
        else:  # The next word is likely to be needed there, too.
            verdicts.insert(0, verdicts.pop(place))
    assert unneeded == []


def test_the_table_of_the_readme() -> None:
    text = (FOLDER.parent / "README.md").read_text()
    rows = re.findall(r"(?m)^\| \[(.+?)\]\(detections/(.+?)\.json\) \|", text)
    assert sorted(name for name, file in rows if name == file) == [*RULES]


@every_rule
def test_what_datadog_checks_when_a_rule_is_made(rule: str) -> None:
    """https://docs.datadoghq.com/security/cloud_siem/detect_and_monitor/custom_detection_rules/create_rule/real_time_rule/"""
    body = RULES[rule]
    options, ranks = body["options"], [SEVERITIES.index(case["status"]) for case in body["cases"]]
    new_value = options["detectionMethod"] == "new_value"
    assert new_value or options["evaluationWindow"] <= options["keepAlive"] <= options["maxSignalDuration"]
    assert ranks == sorted(ranks, reverse=True), "the first case that matches wins"
    assert bool(body["queries"]) != (options["detectionMethod"] == "third_party")
    for query in body["queries"]:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", query["name"])
        assert bool(query["distinctFields"]) == (query["aggregation"] == "cardinality")
        assert bool(query.get("metrics")) == (query["aggregation"] == "new_value")
    assert len({tuple(query["groupByFields"]) for query in body["queries"]}) <= 1, "queries are joined by their groups"
    if options["detectionMethod"] == "sequence_detection":
        steps, transitions = (options["sequenceDetectionOptions"][key] for key in ("steps", "stepTransitions"))
        assert sum(each["evaluationWindow"] for each in transitions) <= 86_400
        pairs = list(itertools.pairwise(step["name"] for step in steps))
        assert [(each["parent"], each["child"]) for each in transitions] == pairs
        assert {query["aggregation"] for query in body["queries"]} == {"count"}


def test_the_table_above_has_no_more_than_the_rules() -> None:
    used = {tag for rule in RULES.values() for tag in rule["tags"] if tag.startswith(("tactic:", "technique:"))}
    assert {tag.partition(":")[2] for tag in used} == set(TACTICS).union(*TACTICS.values())


@every_rule
def test_tags_and_message(rule: str) -> None:
    body = RULES[rule]
    own = ["integration:deep_security", f"deep-security-datadog:{rule}", "source:trend-micro-deep-security"]
    tags: dict[str, list[str]] = {}
    for tag in body["tags"]:
        tags.setdefault(tag.partition(":")[0], []).append(tag.partition(":")[2])
    assert body["tags"][:5] == [*own, "security:attack", "scope:deep-security"]
    assert set(tags["mitre_platform"]) <= {"linux", "windows"}
    assert set(tags["tactic"]) <= set(TACTICS)
    seen = [TACTICS[tactic].intersection(tags["technique"]) for tactic in tags["tactic"]]
    assert all(seen) and set().union(*seen) == set(tags["technique"])
    assert "{{host.name}}" not in body["message"].replace("{{host_name.name}} ({{host.name}})", "")
    headings = re.findall(r"^## (.+)$", body["message"], re.MULTILINE)
    assert headings == ["Goal", "Strategy", "Triage and response", "If you ignore it"]
    assert "](https://app.datadoghq.com/logs?query=integration%3Adeep_security" in body["message"]
    roots = body["options"].get("thirdPartyRuleOptions", {}).get("rootQueries", [])
    fields = {
        each for query in (*body["queries"], *roots) for each in query["groupByFields"] + query.get("metrics", [])
    }
    variables = re.findall(r"\{\{(?:urlencode \")?(@?[\w.]+)\"?\}\}", body["message"])
    # What an event says is in no title and no message as it came: names of others could be mentions and links.
    shown = {*variables, *(fields if body["hasExtendedTitle"] else ())}
    assert {name for name in shown if name.startswith("@deep_security.")} <= {"@deep_security.HostID"}
    # https://docs.datadoghq.com/security/notifications/variables/: of a tag `key:value`, `key.name` is the value.
    assert set(variables) <= {name if name.startswith("@") else f"{name}.name" for name in fields}
