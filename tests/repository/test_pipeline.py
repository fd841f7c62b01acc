"""examples/datadog/pipeline.tf: what only Datadog can do, and a schema processor for each class."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client.v1.model.logs_pipeline import LogsPipeline
from ocsf_json_schema import get_ocsf_schema

from deep_security_datadog.datadog import logs
from deep_security_datadog.datadog.ocsf import BASE, CLASSES, SEVERITIES, VERSION
from tests.golden import CONTEXT, events_of_samples
from tests.repository import pipeline
from tests.repository.datadog_models import problems
from tests.repository.pipeline import Body, processors
from tests.support import item, sample

# https://docs.datadoghq.com/logs/log_configuration/pipelines/
MOST_PROCESSORS = 20
# All but the class of events without a class, for which Cloud SIEM has no rules.
MARKED = [each for each in CLASSES if each is not BASE]
# What Datadog adds by itself.
BY_DATADOG = {"category_uid", "class_uid"}


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return pipeline.definition(tmp_path_factory.mktemp("pipeline"))


def schemas(definition: Body) -> dict[str, Body]:
    """The schema processors by the query of their pipelines."""
    nested = [each for each in definition["processors"] if each["type"] == "pipeline"]
    return {each["filter"]["query"]: inner for each in nested for inner in each["processors"]}


def sent() -> list[Body]:
    logon = sample("LogInspectionEvent")[0] | {"OSSEC_Groups": "authentication_success"}
    events = [*(properties for _, properties in events_of_samples()), logon]
    return [logs.body(item(properties), CONTEXT._replace(ocsf=True)) for properties in events]


def test_the_official_model_knows_all_of_it(definition: Body) -> None:
    assert problems(definition, LogsPipeline) == []


def test_there_are_no_more_processors_than_datadog_recommends(definition: Body) -> None:
    found = list(processors(definition))
    assert len(found) == 5 + 2 * len(MARKED) <= MOST_PROCESSORS
    assert all(each["is_enabled"] is True for each in found)


def test_without_cloud_siem_there_is_no_ocsf(tmp_path: Path, definition: Body) -> None:
    plain = pipeline.definition(tmp_path, cloud_siem=False)
    assert problems(plain, LogsPipeline) == []
    assert plain["processors"] == definition["processors"][:5]


def test_it_reads_only_what_is_sent(definition: Body) -> None:
    everything = {path for log in sent() for path in paths(log)}
    for each in processors(definition):
        for reader in [each, *each.get("mappers", ())]:
            assert set(reader.get("sources", ())) <= everything
    assert set(re.findall(r"@([\w.]+):", json.dumps(definition))) <= everything


def paths(found: Any, place: str = "") -> set[str]:
    inner = found.items() if isinstance(found, dict) else ()
    return {place}.union(*(paths(value, f"{place}.{name}" if place else name) for name, value in inner))


def test_each_class_that_is_sent_is_the_schemas(definition: Body) -> None:
    assert {log["ocsf"]["metadata"]["version"] for log in sent()} == {VERSION}
    found = {query: processor["schema"] for query, processor in schemas(definition).items()}
    assert found == {
        f"@ocsf.class_uid:{each.uid}": {
            "schema_type": "ocsf",
            "version": VERSION,
            "class_name": each.name,
            "class_uid": each.uid,
            "profiles": list(each.profiles),
        }
        for each in MARKED
    }


def test_what_a_class_demands_is_mapped_to_itself_and_nothing_is_taken_away(definition: Body) -> None:
    by_uid = {int(each["uid"]): each for each in get_ocsf_schema(version=VERSION)["classes"].values()}
    for processor in schemas(definition).values():
        attributes = by_uid[processor["schema"]["class_uid"]]["attributes"]
        required = {
            name
            for name, each in attributes.items()
            if each["requirement"] == "required" and each.get("profile") in (None, *processor["schema"]["profiles"])
        }
        mapped = set()
        for mapper in processor["mappers"]:
            if mapper["type"] == "schema-remapper":
                assert mapper["sources"] == [mapper["target"]] and mapper["preserve_source"]
                mapped.add(mapper["target"])
            else:
                assert mapper["targets"]["name"] == f"ocsf.{attributes[mapper['targets']['id'][5:]]['sibling']}"
                mapped.add(mapper["targets"]["id"])
        assert mapped == {f"ocsf.{name}" for name in required - BY_DATADOG}


def test_the_numbers_are_those_that_are_sent(definition: Body) -> None:
    for each in MARKED:
        mappers = schemas(definition)[f"@ocsf.class_uid:{each.uid}"]["mappers"]
        found = {
            mapper["targets"]["id"]: {(number["id"], number["name"]) for number in mapper["categories"]}
            for mapper in mappers
            if "categories" in mapper
        }
        assert found == {
            "ocsf.activity_id": set(each.activities),
            "ocsf.severity_id": set(SEVERITIES),
            "ocsf.type_uid": {(each.uid * 100 + number, f"{each.name}: {name}") for number, name in each.activities},
        }
        for mapper in mappers:
            for number in mapper.get("categories", ()):
                assert number["filter"]["query"] == f"@{mapper['targets']['id']}:{number['id']}"
