"""examples/datadog/pipeline.tf as Datadog's API gets it, and what its processors make of a log.

Terraform itself evaluates the definition. Its provider cannot: it is not on every machine. So the resource becomes an
output of a configuration that needs no provider: a block an object, a `dynamic` block a `for` expression.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import plans
from tests.repository.datadog_search import Document, parse
from tools.repository import ROOT
from tools.terraform import Terraform

HERE = ROOT / "examples" / "datadog"
# What asks for the provider.
OTHERS = ("dashboard.tf", "detections.tf", "monitors.tf", "outputs.tf", "versions.tf", ".terraform*")
VARIABLES = {"notify": ["@slack-security"], "destinations": ["logs"], "tags": {"team": "security"}}
RESOURCE = re.compile(r'^resource "datadog_logs_custom_pipeline" "this" \{\n(.*?)^\}\n', re.MULTILINE | re.DOTALL)
# Blocks of which Terraform allows many and the API one.
SINGLE = {"filter", "grok", "schema", "targets"}
# https://docs.datadoghq.com/logs/log_configuration/processors/remapper/
RESERVED = {"host", "hostname", "message", "service", "status", "date", "trace_id", "span_id"}
DATES = {"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'": (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "%Y-%m-%dT%H:%M:%S.%fZ")}

Body = dict[str, Any]


def definition(folder: Path, **variables: object) -> Body:
    """The pipeline as the provider sends it."""
    text = (HERE / "pipeline.tf").read_text()
    (found,) = RESOURCE.finditer(text)
    shutil.copytree(HERE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*OTHERS))
    (folder / "pipeline.tf").write_text(RESOURCE.sub("", text))
    value = as_expression(found[1].splitlines())
    (folder / "output.tf").write_text(f'output "resource" {{\n  value = {value}\n}}\n')
    terraform = Terraform(folder)
    terraform.init()
    (folder / "terraform.tfvars.json").write_text(json.dumps(VARIABLES | variables))
    plan = plans.plan(terraform)
    resource: Body = plan["planned_values"]["outputs"]["resource"]["value"]
    assert resource.pop("count") == 1
    return as_api(resource)


def as_expression(lines: list[str]) -> str:
    """The body of a block, laid out by `terraform fmt`, as an HCL object."""
    parts: dict[str, list[str]] = {}
    for name, label, inner in _items(lines):
        if isinstance(inner, str):
            parts[f"{name} = {inner}"] = []
        else:
            made = _dynamic(label, inner) if name == "dynamic" else f"[{as_expression(inner)}]"
            parts.setdefault(label or name, []).append(made)
    body = (f"{name} = concat({', '.join(blocks)})" if blocks else name for name, blocks in parts.items())
    return "{\n" + "\n".join(body) + "\n}"


def _dynamic(label: str, lines: list[str]) -> str:
    inner = {name: value for name, _, value in _items(lines)}
    entries = f"[for key, value in {inner['for_each']} : {{ key = key, value = value }}]"
    return f"[for {inner.get('iterator', label)} in {entries} : {as_expression(inner['content'])}]"


def _items(lines: list[str]) -> Iterator[tuple[str, str, Any]]:
    """Name, label and either the lines of a block or the expression of an argument."""
    rest = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    while rest:
        line = rest.pop(0)
        indent = line[: len(line) - len(line.lstrip())]
        inner = []
        while rest and (rest[0].startswith(f"{indent} ") or rest[0].strip()[0] in "]})"):
            inner.append(rest.pop(0))
        if block := re.fullmatch(r'(\w+)(?: "(\w+)")? \{', line.strip()):
            yield block[1], block[2] or "", inner[:-1]
        else:
            name, _, first = line.partition("=")
            yield name.strip(), "", "\n".join([first.strip(), *inner])


def as_api(resource: Body) -> Body:
    """As buildDatadogPipeline in DataDog/terraform-provider-datadog does it."""
    body = {name: value for name, value in resource.items() if value is not None and name != "processor"}
    for name in SINGLE & set(body):
        (body[name],) = body[name]
    if categories := body.pop("category", None) or body.pop("categories", None):
        body["categories"] = [as_api(each) for each in categories]
    if "operation" in body:
        ((kind, (operation,)),) = body["operation"][0].items()
        body["operation"] = {"type": kind, **operation}
    if "mappers" in body:
        (kinds,) = body["mappers"]
        body["mappers"] = [
            {"type": kind.replace("_", "-"), **as_api(mapper)}
            for kind in ("schema_remapper", "schema_category_mapper")
            for mapper in kinds[kind]
        ]
    if "processor" in resource:
        body["processors"] = [_processor(each) for each in resource["processor"]]
    return body


def _processor(block: Body) -> Body:
    ((kind, (body,)),) = block.items()
    return {"type": kind.replace("_", "-").replace("exclude-attribute-processor", "exclude-attribute"), **as_api(body)}


def run(pipeline: Body, log: Mapping[str, Any]) -> Body:
    """The log, as the function sends it, after the pipeline."""
    result: Body = copy.deepcopy(dict(log))
    _pipeline(pipeline, result)
    return result


def matches(query: str, log: Body) -> bool:
    return query == "*" or parse(query).matches(Document.of_log(log))


def _pipeline(processor: Body, log: Body) -> None:
    if matches(processor["filter"]["query"], log):
        for each in processor["processors"]:
            # Off unless it says otherwise.
            if each.get("is_enabled"):
                PROCESSORS[each["type"]](each, log)


def _get(log: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(log, dict) or name not in log:
            return None
        log = log[name]
    return log


def _put(log: Body, path: str, value: Any) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        log = log.setdefault(parent, {})
    log[name] = copy.deepcopy(value)


def _remove(log: Body, path: str) -> None:
    parent, _, name = path.rpartition(".")
    (_get(log, parent) if parent else log or {}).pop(name, None)


def _tag(log: Body, key: str) -> str | None:
    return next((tag.partition(":")[2] for tag in log["ddtags"].split(",") if tag.startswith(f"{key}:")), None)


def _copy(remapper: Body, log: Body, target: Body) -> None:
    for source in remapper["sources"]:
        from_tag = remapper.get("source_type") == "tag"
        assert from_tag or source not in RESERVED, f"{source} cannot be remapped"
        value = _tag(log, source) if from_tag else _get(log, source)
        itself = target is log and source == remapper["target"]
        free = itself or remapper["override_on_conflict"] or _get(target, remapper["target"]) is None
        if value is None or not free:
            continue
        _put(target, remapper["target"], _cast(value, remapper.get("target_format")))
        if not remapper["preserve_source"] and not itself:
            _remove(log, source)


def _cast(value: Any, kind: str | None) -> Any:
    """The value as it is where it cannot be cast."""
    try:
        return {"integer": int, "string": str}[kind](value) if kind else value
    except ValueError:
        return value


def _remap(processor: Body, log: Body) -> None:
    _copy(processor, log, log)


def _official(processor: Body, log: Body) -> None:
    """What the log's time, status or message is: any of the sources must be there."""
    assert any(_get(log, source) is not None for source in processor["sources"])


def _build(processor: Body, log: Body) -> None:
    names = re.findall(r"%\{([\w.]+)\}", processor["template"])
    if processor["is_replace_missing"] or all(_get(log, name) is not None for name in names):
        values = {name: "" if (value := _get(log, name)) is None else str(value) for name in names}
        _put(log, processor["target"], re.sub(r"%\{([\w.]+)\}", lambda found: values[found[1]], processor["template"]))


def _grok(processor: Body, log: Body) -> None:
    value = _get(log, processor["source"])
    for rule in processor["grok"]["match_rules"].splitlines():
        targets: list[tuple[str, str]] = []
        pattern = re.sub(r'%\{(\w+)\("((?:[^"\\]|\\.)*)"\):([\w.]+)\}', _matcher(targets), rule.partition(" ")[2])
        if isinstance(value, str) and (found := re.fullmatch(pattern, value, re.DOTALL)):
            for (target, date), text in zip(targets, found.groups(), strict=True):
                time = datetime.strptime(text, date).replace(tzinfo=UTC) if date else None
                _put(log, target, round(time.timestamp() * 1000) if time else text)
            return


def _matcher(targets: list[tuple[str, str]]) -> Callable[[re.Match[str]], str]:
    def expression(found: re.Match[str]) -> str:
        kind, argument, target = found.groups()
        pattern, date = DATES[argument] if kind == "date" else (re.sub(r"\\(.)", r"\1", argument), "")
        assert kind in ("date", "regex")
        targets.append((target, date))
        return f"({pattern})"

    return expression


def _choose(processor: Body, log: Body) -> None:
    for category in processor["categories"]:
        if matches(category["filter"]["query"], log):
            _put(log, processor["target"], category["name"])
            return


def _append(processor: Body, log: Body) -> None:
    operation = processor["operation"]
    if (value := _get(log, operation["source"])) is not None:
        _put(log, operation["target"], [*(_get(log, operation["target"]) or []), value])
        if not operation["preserve_source"]:
            _remove(log, operation["source"])


def _exclude(processor: Body, log: Body) -> None:
    _remove(log, processor["attribute_to_exclude"])


def _schema(processor: Body, log: Body) -> None:
    """Only what a mapper names is in the result, and what Datadog adds by itself.

    The recorded results in DataDog/integrations-core (such as zeek/assets/logs/zeek_tests.yaml) show what that is.
    """
    schema = processor["schema"]
    made: Body = {}
    for mapper in processor["mappers"]:
        if mapper["type"] == "schema-remapper":
            _copy(mapper, log, made)
            continue
        for category in mapper["categories"]:
            if matches(category["filter"]["query"], log):
                _put(made, mapper["targets"]["id"], category["id"])
                _put(made, mapper["targets"]["name"], category["name"])
                break
    assert set(made) <= {"ocsf"}
    _put(made, "ocsf.class_uid", schema["class_uid"])
    _put(made, "ocsf.class_name", schema["class_name"])
    _put(made, "ocsf.category_uid", schema["class_uid"] // 1000)
    _put(made, "ocsf.metadata.version", schema["version"])
    _put(made, "ocsf.metadata.profiles", schema["profiles"])
    log["ocsf"] = made["ocsf"]


def _look_up(processor: Body, log: Body) -> None:
    """Needs Datadog's own data, or adds what no other processor asks for."""


PROCESSORS: Mapping[str, Callable[[Body, Body], None]] = {
    "array-processor": _append,
    "attribute-remapper": _remap,
    "category-processor": _choose,
    "date-remapper": _official,
    "exclude-attribute": _exclude,
    "geo-ip-parser": _look_up,
    "grok-parser": _grok,
    "message-remapper": _official,
    "pipeline": _pipeline,
    "schema-processor": _schema,
    "status-remapper": _official,
    "string-builder-processor": _build,
    "url-parser": _look_up,
}
