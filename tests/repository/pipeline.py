"""examples/datadog/pipeline.tf as Datadog's API gets it.

Terraform itself evaluates the definition. Its provider cannot: it is not on every machine. So the resource becomes an
output of a configuration that needs no provider: a block an object, a `dynamic` block a `for` expression.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import plans
from tools.repository import ROOT
from tools.terraform import Terraform

HERE = ROOT / "examples" / "datadog"
# What asks for the provider.
OTHERS = ("dashboard.tf", "detections.tf", "monitors.tf", "outputs.tf", "suppression.tf", "versions.tf", ".terraform*")
VARIABLES = {"notify": ["@slack-security"], "destinations": ["logs"], "tags": {"team": "security"}}
RESOURCE = re.compile(r'^resource "datadog_logs_custom_pipeline" "this" \{\n(.*?)^\}\n', re.MULTILINE | re.DOTALL)
# Blocks of which Terraform allows many and the API one.
SINGLE = {"filter", "schema", "targets"}

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
    return {"type": kind.replace("_", "-"), **as_api(body)}


def processors(pipeline: Body) -> Iterator[Body]:
    """All of them; one that is a pipeline comes before those in it."""
    for each in pipeline["processors"]:
        yield each
        if each["type"] == "pipeline":
            yield from processors(each)
