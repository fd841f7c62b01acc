"""examples/datadog/detections: each rule, as Datadog documents its parts, on attacks and on ordinary days."""

import copy
import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from deep_security_datadog.datadog import logs
from tests.golden import CONTEXT, NOTIFICATION, events_of_samples
from tests.repository import streams
from tests.repository.attacks import ATTACKS, HANDS, HARMLESS, LINUX, WINDOWS, escaped
from tests.repository.datadog_search import Document, parse
from tests.repository.days import DAYS
from tests.repository.detection import SEVERITIES, Signal, exclusion, queries, signals
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

# Minutes of a rule's window, without a match until a signal closes, and of the longest signal; why; and the rules.
MINUTES = (
    ([0, 1440, 1440], "the method's own 24 hours", "exploit-not-blocked malware-not-removed"),
    ([0, 60, 60], "once an hour, as others follow", "new-autostart unknown-software manager-changed"),
    ([5, 120, 1440], "one event is enough; what follows on the host is the same", "log-cleared web-shell"),
    ([5, 360, 1440], "an upgrade goes from host to host for hours", "protection-off"),
    ([60, 60, 1440], "guesses and sweeps come in bursts",
     "brute-force-then-logon lateral-movement manager-sign-ins protection-removed reconnaissance"),
    ([120, 120, 1440], "from guesses to what came of them", "host-tampered keys-changed"),
    ([360, 360, 1440], "a program goes on, a page ends", "callbacks"),
    ([1440, 1440, 1440], "what brings it back may run once in hours", "malware-returns malware-spreads"),
)  # fmt: skip

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
    found = [parse(query["query"]) for query in queries(RULES[rule])]
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


@functools.cache
def found_in(scenario: str) -> list[tuple[str, Signal]]:
    return [(rule, each) for rule in RULES for each in fired(rule, scenarios()[scenario])]


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
    found = [(rule, each.status, each.case) for rule, each in found_in(attack)]
    assert sorted(found) == sorted(ATTACKS[attack].signals)


def test_maintenance_hides_no_malware_and_no_found_password() -> None:
    left_out = parse(exclusion({"host_tags": HOST_TAGS})).matches
    hidden = scenarios()["Malware still active"] + scenarios()["Failures followed by a success"]
    assert not any(map(left_out, hidden))


def root_queries(rule: str) -> list[Any]:
    return list(RULES[rule]["options"].get("thirdPartyRuleOptions", {}).get("rootQueries", ()))


def tactic(rule: str) -> str:
    [found] = (tag.partition(":")[2] for tag in RULES[rule]["tags"] if tag.startswith("tactic:"))
    return str(found)


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.source])
def test_one_incident_notifies_once(name: str) -> None:
    """A host notifies once an hour: again only for what is more severe, or of another tactic."""
    hosts = {host for each in scenarios()[name] for host in each.values.get("@deep_security.HostID", ())}

    def subject(rule: str, group: Sequence[str]) -> set[str]:
        return hosts.intersection(group) or set(group) - {"deep_security", "antimalwareevent", "payloadlog"} or {rule}

    urgent = [(rule, each) for rule, each in found_in(name) if SEVERITIES.index(each.status) > 1]
    urgent.sort(key=lambda found: found[1].time)
    for (other, earlier), (rule, later) in itertools.combinations(urgent, 2):
        if later.time - earlier.time <= 3600 and subject(rule, later.group) & subject(other, earlier.group):
            assert SEVERITIES.index(later.status) > SEVERITIES.index(earlier.status) or tactic(rule) != tactic(other)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_happens_in_another_product_or_months_later(attack: str) -> None:
    """Of another product or module nothing is a signal; what comes again later is one more."""
    found = scenarios()[attack]
    again = [replace(each, time=each.time + 100 * 86_400) for each in found]
    for rule in {rule for rule, *_ in ATTACKS[attack].signals}:
        for key in ("integration", "module"):
            others = [replace(each, values={**each.values, key: frozenset(["other"])}) for each in found]
            assert fired(rule, others) == []
        if RULES[rule]["options"]["detectionMethod"] != "new_value":
            once = [each[:3] for each in fired(rule, found)]
            assert sorted(each[:3] for each in fired(rule, [*found, *again])) == sorted(once * 2)


def test_samples_that_are_incidents() -> None:
    for name, properties in events_of_samples():
        if name in streams.INCIDENTS:
            happened = documents([properties | {"LogDate": streams.at(34)}])
            assert [rule for rule in RULES for _ in fired(rule, happened)] == [streams.INCIDENTS[name]]


def test_every_case_has_its_attack_and_every_technique_its_rule() -> None:
    cases = [(name, case) for name, rule in RULES.items() for case in rule["cases"] + rule.get("thirdPartyCases", [])]
    seen = {signal for attack in ATTACKS.values() for signal in attack.signals}
    assert {(name, case["status"], case["name"]) for name, case in cases} == seen
    tags = {tag.partition(":") for rule in RULES.values() for tag in rule["tags"]}
    assert {tag for key, _, tag in tags if key in ("tactic", "technique")} == set(TACTICS).union(*TACTICS.values())


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
        # Or with a wider word where what is trusted is listed; before a drive there is nothing.
        trusted = search[: values.start()].endswith(("-@process.name:(", "-@file.path:("))
        for place, word in enumerate(words):
            wider = [f"{word}*", f"*{word}"][: 1 if word.startswith("C") else 2] if trusted else []
            for instead in ([], *([each] for each in wider if "**" not in each)):
                rest = operator.join([*words[:place], *instead, *words[place + 1 :]])
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
    modules = set(re.findall(r"module:(\w+)", json.dumps(queries(RULES[rule]))))
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


def test_rules_that_the_readme_and_messages_name() -> None:
    text = (FOLDER.parent / "README.md").read_text()
    rows = re.findall(r"(?m)^\| \[(.+?)\]\(detections/(.+?)\.json\) \|", text)
    assert sorted(name for name, file in rows if name == file) == [*RULES]
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", "".join([text, *(rule["message"] for rule in RULES.values())])))
    assert "exploit-not-blocked" in named <= {*RULES, "nothing-received", "datadog-api-client", "deep-security-datadog"}


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
    minutes = [options[name] // 60 for name in ("evaluationWindow", "keepAlive", "maxSignalDuration")]
    assert [minutes] == [each for each, _, rules in MINUTES if rule in rules.split()]
    if learned := options.get("newValueOptions"):
        assert (learned["learningDuration"], learned["forgetAfter"], len(body["queries"])) == (7, 28, 1)
    assert all(root["groupByFields"] for root in root_queries(rule)), "each event would be a signal"


def test_one_list_of_trusted_processes_for_each_purpose() -> None:
    asked = {query["name"]: query["query"] for rule in RULES.values() for query in rule["queries"]}
    found = {name: re.findall(r"-@process\.name:\(([^()]+)\)", query) for name, query in asked.items()}
    expected = {"key": LINUX + WINDOWS, "program": LINUX + WINDOWS + HANDS, "account": LINUX + HANDS}
    lists = {name: [" OR ".join(map(escaped, each))] for name, each in expected.items()}
    assert {name: each for name, each in found.items() if each} == lists | {"autostart": lists["account"]}


@every_rule
def test_the_link_shows_what_the_rule_found(rule: str) -> None:
    """And, where it is of no host, file or account, nothing else."""
    [address] = re.findall(r"/logs\?query=(.+?)&", RULES[rule]["message"])
    asked, of_one = re.subn(r' [@\w.]+:"\{\{.+?\}\}"', "", unquote(address))
    found = [parse(query["query"]) for query in (*RULES[rule]["queries"], *root_queries(rule))]
    for name, attack in ATTACKS.items():
        for each in scenarios()[name] if any(rule == signal[0] for signal in attack.signals) else ():
            matched, shown = any(search.matches(each) for search in found), parse(asked).matches(each)
            assert shown == matched or (shown and of_one)


@every_rule
def test_tags_and_message(rule: str) -> None:
    body = RULES[rule]
    own = ["integration:deep_security", f"deep-security-datadog:{rule}", "source:trend-micro-deep-security"]
    tags: dict[str, list[str]] = {}
    for tag in body["tags"]:
        tags.setdefault(tag.partition(":")[0], []).append(tag.partition(":")[2])
    assert body["tags"][:5] == [*own, "security:attack", "scope:deep-security"]
    assert set(tags["mitre_platform"]) <= {"linux", "windows"}
    assert set(tags["technique"]) <= TACTICS[tactic(rule)], "one signal hides others of its group, of any tactic"
    assert "{{host.name}}" not in body["message"].replace("{{host_name.name}} ({{host.name}})", "")
    headings = re.findall(r"^## (.+)$", body["message"], re.MULTILINE)
    assert headings == ["Goal", "Strategy", "Triage and response", "If you ignore it"]
    assert "](https://app.datadoghq.com/logs?query=integration%3Adeep_security" in body["message"]
    asked = (*body["queries"], *root_queries(rule))
    fields = {each for query in asked for each in query["groupByFields"] + query.get("metrics", [])}
    variables = re.findall(r"\{\{(?:urlencode \")?(@?[\w.]+)\"?\}\}", body["message"])
    # What an event says is in no title and no message as it came: names of others could be mentions and links.
    shown = {*re.findall(r"\{\{(@[\w.]+)\}\}", body["message"]), *(fields if body["hasExtendedTitle"] else ())}
    assert {name for name in shown if name.startswith("@")} <= {"@deep_security.HostID", "@network.client.ip"}
    # https://docs.datadoghq.com/security/notifications/variables/: of a tag `key:value`, `key.name` is the value.
    assert set(variables) <= {name if name.startswith("@") else f"{name}.name" for name in fields}
