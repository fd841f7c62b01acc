"""What Datadog's Terraform provider 4.19 sends for a rule or a monitor, and whether an answer settles.

After its resource_datadog_security_monitoring_rule.go and resource_datadog_monitor.go. Where the provider is at hand,
tests/terraform/test_datadog_provider.py compares with it.
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.repository.datadog_api import Body

# What the API calls an argument or block, where that is not the same word in another case.
NAMES = {
    "enabled": "isEnabled",
    "query": "queries",
    "case": "cases",
    "third_party_case": "thirdPartyCases",
    "filter": "filters",
    "root_query": "rootQueries",
}
SINGLE = {"options", "new_value_options", "third_party_rule_options"}
DEFAULTS: dict[str, Body] = {
    "rule": {"enabled": True, "has_extended_title": False, "type": "log_detection"},
    "query": {"aggregation": "count", "data_source": "logs", "has_optional_group_by_fields": False},
    "case": {"name": "", "notifications": []},
    "third_party_case": {"name": "", "notifications": []},
    "options": {"detection_method": "threshold", "keep_alive": 3600, "decrease_criticality_based_on_env": False},
    "new_value_options": {
        "learning_method": "duration", "learning_duration": 1, "learning_threshold": 0, "instantaneous_baseline": False,
    },
    "root_query": {"group_by_fields": []},
}  # fmt: skip
# Without a value in the configuration, what Datadog answers is taken over.
COMPUTED = {"condition", "evaluationWindow", "maxSignalDuration", "metrics", "restricted_roles", "evaluation_delay"}
# Of an answer, nothing that a resource has an argument for.
NO_ARGUMENT = {"silenced", "instantaneousBaselineTimeoutMinutes"}
MONITOR = {"name", "type", "query", "message", "tags", "draft_status"}
ALWAYS = {"include_tags": True, "new_host_delay": 300, "notify_no_data": False, "require_full_window": True}


def rule(arguments: Body, kind: str = "rule") -> Body:
    body: Body = {}
    for name, value in (DEFAULTS.get(kind, {}) | _given(arguments)).items():
        blocks = name in DEFAULTS or name in SINGLE | {"filter", "steps", "step_transitions"}
        blocks = blocks and isinstance(value, list)
        made = [rule(each, name) for each in value] if blocks else value
        if made == [] and name in ("filter", "third_party_case"):
            continue
        word = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
        if name in SINGLE:
            [body[word]] = made
        else:
            body[NAMES.get(name, word) if blocks or name == "enabled" else word] = made
    if body.get("options", {}).get("detectionMethod") == "third_party":
        body |= {"cases": None, "queries": None}
    return body


def _given(arguments: Body) -> Body:
    return {
        name: value for name, value in arguments.items() if value is not None and not (name in SINGLE and value == [])
    }


def monitor(arguments: Body) -> Body:
    given = _given(arguments)
    [thresholds] = given.pop("monitor_thresholds")
    body = {name: given.pop(name) for name in MONITOR & set(given)} | {
        "priority": given.pop("priority"),
        "restricted_roles": None,
    }
    options = ALWAYS | {name: value for name, value in given.items() if value or name in ALWAYS}
    if body["type"] == "log alert":
        options = {"enable_logs_sample": False} | options
    return body | {"options": options | {"thresholds": _given(thresholds)}}


def differences(sent: Any, answered: Any, place: str = "") -> Iterator[str]:
    """What the next plan would change after this answer."""
    if isinstance(sent, dict) and isinstance(answered, dict):
        for key in sorted(sent.keys() | answered.keys()):
            if key in sent and sent[key] is not None:
                yield from differences(sent[key], answered.get(key), f"{place}.{key}")
            elif answered[key] and key not in COMPUTED | NO_ARGUMENT and key not in sent:
                yield f"{place}.{key}"
    elif place == ".tags":
        yield from [place] if set(sent) != set(answered) else []
    elif isinstance(sent, list) and isinstance(answered, list) and len(sent) == len(answered):
        for number, (one, other) in enumerate(zip(sent, answered, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif sent != answered and {sent, answered} != {"metric alert", "query alert"}:
        yield place
