"""A small interpreter of Datadog's detection rules: threshold, new value and third party.

https://docs.datadoghq.com/security/cloud_siem/detect_and_monitor/custom_detection_rules/
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from tests.repository.datadog_search import Document, parse

SEVERITIES = ("info", "low", "medium", "high", "critical")
DAY = 86_400
_COMPARISON = re.compile(r"(\w+) > (\d+)")

Rule: TypeAlias = Mapping[str, Any]
Group: TypeAlias = tuple[str, ...]


class Signal(NamedTuple):
    """One signal, at the time that opened it and with its highest severity."""

    group: Group
    status: str
    case: str
    time: float


def signals(rule: Rule, documents: Iterable[Document]) -> list[Signal]:
    methods = {"threshold": _threshold, "new_value": _new_value, "third_party": _third_party}
    method = methods[rule["options"]["detectionMethod"]]
    # Third parties have 24 hours and no other time.
    options = {"keepAlive": DAY, "maxSignalDuration": DAY} if method is _third_party else rule["options"]
    return _merged(options, method(rule, sorted(documents, key=lambda document: document.time)))


def queries(rule: Rule) -> list[Any]:
    """All that a rule asks for."""
    roots = rule["options"].get("thirdPartyRuleOptions", {}).get("rootQueries", ())
    return [*rule["queries"], *roots, *rule.get("thirdPartyCases", ())]


def exclusion(suppress: Mapping[str, Sequence[str]]) -> str:
    """The search that the example's variable `suppress` makes: logs that no rule looks at."""
    blocked = "@deep_security.EventType:(PacketLog OR PayloadLog) @deep_security.Action:(1 OR 2 OR 3 OR 4 OR 5)"
    changed = "@deep_security.EventType:(IntegrityEvent OR SystemEvent OR AppControlEvent)"
    forms = {
        "scanners": "@network.client.ip:({})",
        "load_balancers": f"({blocked} @network.client.ip:({{}}))",
        "host_tags": f"({changed} ({{}}))",
        "processes": "(@deep_security.EventType:IntegrityEvent @process.name:({}))",
    }
    return " OR ".join(form.format(" OR ".join(suppress[key])) for key, form in forms.items() if suppress.get(key))


def _merged(options: Mapping[str, Any], found: Iterable[Signal]) -> list[Signal]:
    """While a signal is open, further matches of its group belong to it."""
    kept: list[Signal] = []
    open_signals: dict[Group, tuple[int, float]] = {}
    for signal in found:
        place, last = open_signals.get(signal.group, (-1, 0.0))
        is_open = place >= 0 and signal.time - last <= options["keepAlive"]
        if is_open and signal.time - kept[place].time <= options["maxSignalDuration"]:
            if SEVERITIES.index(signal.status) > SEVERITIES.index(kept[place].status):
                kept[place] = signal._replace(time=kept[place].time)
        else:
            place = len(kept)
            kept.append(signal)
        open_signals[signal.group] = (place, signal.time)
    return kept


class _Query:
    """What one query of a rule has found, by group."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.name: str = query["name"]
        self.fields: Sequence[str] = query["groupByFields"]
        self.values: Sequence[str] = query["distinctFields"] or query.get("metrics", ())
        self._matches = parse(query["query"]).matches
        self._cardinality = query["aggregation"] == "cardinality"
        self._missing = ("N/A",) if query["hasOptionalGroupByFields"] else ()
        # Whether Datadog learns that a watched value is missing is nowhere said: a rule has to do either way.
        self._unwatched = ("N/A",) if query["aggregation"] == "new_value" else ()
        self._found: dict[Group, list[tuple[float, Group]]] = defaultdict(list)

    def add(self, document: Document) -> list[Group]:
        """The groups that a document belongs to: none if the query does not match."""
        if not self._matches(document):
            return []
        groups = self._combinations(document, self.fields, self._missing)
        for group in groups:
            self._found[group] += [
                (document.time, value) for value in self._combinations(document, self.values, self._unwatched)
            ]
        return groups

    def count(self, group: Group, *, since: float) -> int:
        values = [value for time, value in self._found[group] if time > since]
        return len(set(values)) if self._cardinality else len(values)

    def at(self, group: Group, time: float) -> list[Group]:
        """The watched values of this moment."""
        return [value for at, value in self._found[group] if at == time]

    def _combinations(self, document: Document, fields: Sequence[str], missing: Group) -> list[Group]:
        found = [sorted(document.values.get(field, missing)) for field in fields]
        return list(itertools.product(*found))


def holds(condition: str, counts: Mapping[str, int]) -> bool:
    """`a > 0 && b > 4 || c > 9`: as far as the rules use it; raises ValueError for the rest."""
    sides = [[_COMPARISON.fullmatch(part) for part in side.split(" && ")] for side in condition.split(" || ")]
    if not all(map(all, sides)):
        raise ValueError(f"condition {condition!r} is not understood")
    return any(all(counts[part[1]] > int(part[2]) for part in side if part) for side in sides)


def _threshold(rule: Rule, documents: Sequence[Document]) -> Iterator[Signal]:
    queries = [_Query(query) for query in rule["queries"]]
    for document in documents:
        groups = {group: None for query in queries for group in query.add(document)}
        for group in groups:
            since = document.time - rule["options"]["evaluationWindow"]
            counts = {query.name: query.count(group, since=since) for query in queries}
            matching = [case for case in rule["cases"] if holds(case["condition"], counts)]
            for case in matching[:1]:
                yield Signal(group, case["status"], case["name"], document.time)


def _new_value(rule: Rule, documents: Sequence[Document]) -> Iterator[Signal]:
    [query], [case], options = map(_Query, rule["queries"]), rule["cases"], rule["options"]["newValueOptions"]
    seen: dict[Group, float] = {}
    for document in documents:
        for group in query.add(document):
            for value in query.at(group, document.time):
                known = document.time - seen.get(group + value, -1e12) <= options["forgetAfter"] * DAY
                seen[group + value] = document.time
                learning = document.time - documents[0].time < options["learningDuration"] * DAY
                if not known and not learning and holds(case["condition"], {query.name: 1}):
                    # A group is one signal; without one, each value is.
                    yield Signal(group or value, case["status"], case["name"], document.time)


def _third_party(rule: Rule, documents: Sequence[Document]) -> Iterator[Signal]:
    options = rule["options"]["thirdPartyRuleOptions"]
    roots = [(parse(root["query"]).matches, root["groupByFields"]) for root in options["rootQueries"]]
    cases = [(parse(case["query"]).matches, case["status"], case["name"]) for case in rule["thirdPartyCases"]]
    for number, document in enumerate(documents):
        for fields in (fields for matches, fields in roots if matches(document)):
            found = ((status, name) for matches, status, name in cases if matches(document))
            status, name = next(found, (options["defaultStatus"], ""))
            # Without fields to group by, each event is a signal.
            group = tuple("; ".join(sorted(document.values.get(field, ()))) for field in fields) or (str(number),)
            yield Signal(group, status, name, document.time)
