"""examples/datadog/pipeline.tf: every log becomes an event of the right class, valid by OCSF's own schema."""

from __future__ import annotations

import copy
import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client.v1.model.logs_pipeline import LogsPipeline
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from deep_security_datadog.datadog import logs
from deep_security_datadog.deep_security import event_types
from tests.golden import CONTEXT, NOTIFICATION, events_of_samples
from tests.repository import pipeline
from tests.repository.datadog_models import problems
from tests.repository.datadog_search import parse
from tests.repository.pipeline import Body
from tests.support import item, sample

CLASSES = {
    "AntiMalwareEvent": "Detection Finding",
    "AppControlEvent": "Detection Finding",
    "DeviceControlEvent": "Detection Finding",
    "IntegrityEvent": "File System Activity",
    "LogInspectionEvent": "Detection Finding",
    "PacketLog": "Network Activity",
    "PayloadLog": "Detection Finding",
    "SystemEvent": "Base Event",
    "TestSNS": "Base Event",
    "WebReputationEvent": "Detection Finding",
}
# Alerts of the manager, packets without an address, a registry value.
OTHER_CLASSES = {f"reported.{number}.md": "Detection Finding" for number in (1, 2, 3, 4, 14, 20, 25)}
OTHER_CLASSES |= {f"reported.{number}.md": "Base Event" for number in (12, 13, 19)}
SCANNED = {"ScanAction1": 0, "ScanResultAction1": 0, "ScanAction2": 0, "ScanResultAction2": 0}
# Paths, names, addresses of pages and log lines. Digests and network addresses are what the agent has found out itself.
WRITTEN_BY_OTHERS = {
    "BehaviorType", "Description", "FileName", "InfectedFilePath", "Key", "MalwareName", "OSSEC_Description",
    "OSSEC_DestinationUser", "OSSEC_FullLog", "OSSEC_Log", "OSSEC_ProgramName", "Path", "Process", "ProcessName", "URL",
    "User", "UserName",
}  # fmt: skip


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return pipeline.definition(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="module")
def with_dashboards(tmp_path_factory: pytest.TempPathFactory) -> Body:
    return pipeline.definition(tmp_path_factory.mktemp("pipeline"), trend_micro_dashboards=True)


def log_of(properties: dict[str, Any]) -> Body:
    return logs.body(item(properties, NOTIFICATION), CONTEXT)


@functools.cache
def schema() -> Body:
    found: Body = get_ocsf_schema(version="1.5.0")
    return found


@functools.cache
def validator(class_uid: int, profiles: tuple[str, ...]) -> Draft202012Validator:
    embedded = OcsfJsonSchemaEmbedded(schema())
    return Draft202012Validator(
        embedded.get_class_schema(embedded.lookup_class_name_from_uid(class_uid), list(profiles))
    )


def faults(ocsf: Body) -> list[str]:
    """What OCSF's schema says against an event."""
    valid = validator(ocsf["class_uid"], tuple(ocsf["metadata"]["profiles"]))
    return [f"{error.json_path}: {error.message}" for error in valid.iter_errors(ocsf)]


def of(definition: Body, properties: dict[str, Any]) -> Body:
    """The OCSF event, with nothing wrong about it."""
    ocsf: Body = pipeline.run(definition, log_of(properties))["ocsf"]
    assert faults(ocsf) == []
    return ocsf


def processors(definition: Body, kind: str = "") -> Iterator[Body]:
    for each in definition["processors"]:
        if not kind or each["type"] == kind:
            yield each
        yield from processors(each, kind) if each["type"] == "pipeline" else ()


def test_blocks_become_values_in_their_order() -> None:
    lines = """
name = "x"

step {
  # A comment.
  sources = [
    "a",
  ]
}

dynamic "step" {
  for_each = local.steps
  iterator = each
  content {
    name = each.key
  }
}
"""
    assert pipeline.as_expression(lines.splitlines()).split("\n") == [
        "{",
        'name = "x"',
        "step = concat([{",
        "sources = [",
        '    "a",',
        "  ]",
        "}], [for each in [for key, value in local.steps : { key = key, value = value }] : {",
        "name = each.key",
        "}])",
        "}",
    ]


def test_what_is_off_does_nothing_and_what_is_reserved_cannot_be_copied(definition: Body) -> None:
    broken = copy.deepcopy(definition)
    for each in broken["processors"]:
        each["is_enabled"] = False
    log = log_of(sample("PayloadLog")[0])
    assert pipeline.run(broken, log) == log
    for each in processors(broken, "attribute-remapper"):
        each.update(sources=["message"], source_type="attribute")
    for each in broken["processors"]:
        each["is_enabled"] = True
    with pytest.raises(AssertionError, match="message cannot be remapped"):
        pipeline.run(broken, log)


def test_the_official_model_knows_all_of_it(definition: Body, with_dashboards: Body) -> None:
    assert problems(definition, LogsPipeline) == problems(with_dashboards, LogsPipeline) == []
    assert len(with_dashboards["processors"]) == len(definition["processors"]) + 1


def test_everything_is_switched_on_and_takes_nothing_away(definition: Body) -> None:
    assert all(each["is_enabled"] is True for each in processors(definition))
    copied = list(processors(definition, "attribute-remapper"))
    copied += [m for each in processors(definition, "schema-processor") for m in each["mappers"] if "sources" in m]
    assert len(copied) > 100
    assert {m["target"] for m in copied if not m["preserve_source"] and m["sources"] != [m["target"]]} == set()


def test_samples(definition: Body) -> None:
    assert set(CLASSES) == set(event_types.EVENT_TYPES)
    for name, properties in events_of_samples():
        expected = OTHER_CLASSES.get(name, CLASSES[properties["EventType"]])
        assert of(definition, properties)["class_name"] == expected, name


@pytest.mark.parametrize("event_type", CLASSES)
def test_any_property_may_be_missing(definition: Body, event_type: str) -> None:
    (properties, *_) = sample(event_type)
    for name in set(properties) - {"EventType"}:
        of(definition, {key: value for key, value in properties.items() if key != name})


@pytest.mark.parametrize("event_type", [*CLASSES, "EventTypeOfTomorrow"])
def test_little_is_enough(definition: Body, event_type: str) -> None:
    properties = {"EventID": 1, "LogDate": "2024-05-14T09:22:19.000Z", "TenantID": 0}
    of(definition, {"EventType": event_type})
    ocsf = of(definition, {"EventType": event_type, **properties})
    assert ocsf["time"] == 1715678539000
    assert ocsf["metadata"]["uid"] == f"0-{event_type}-1"


def value(ocsf: Any, path: str) -> Any:
    for name in path.split("."):
        ocsf = ocsf[int(name)] if name.isdecimal() else ocsf[name]
    return ocsf


@pytest.mark.parametrize(
    ("event_type", "changes", "expected"),
    [
        ("AntiMalwareEvent", {}, {"disposition": "Quarantined", "malware.0.classification_ids.0": 19}),
        ("AntiMalwareEvent", SCANNED | {"ScanAction1": 4}, {"disposition": "Corrected"}),
        ("AntiMalwareEvent", SCANNED | {"ScanAction1": 5}, {"disposition": "Blocked"}),
        ("AntiMalwareEvent", SCANNED | {"ScanAction1": 1}, {"disposition": "Uncorrected"}),
        ("AntiMalwareEvent", {"ScanResultAction2": -82}, {"disposition": "Uncorrected", "severity_id": 5}),
        ("AntiMalwareEvent", {}, {"evidences.0.file.hashes.0.algorithm_id": 2}),
        (
            "AntiMalwareEvent",
            {"InfectedFilePath": "d:\\temp dir\\file.zip(file.aspx)"},
            {"evidences.0.file.name": "file.zip(file.aspx)"},
        ),
        ("AntiMalwareEvent", {"InfectedFilePath": "eicar.com"}, {"evidences.0.file.name": "eicar.com"}),
        ("AntiMalwareEvent", {"FileSHA1": "", "FileMD5": "0" * 32}, {"evidences.0.file.hashes.0.algorithm_id": 1}),
        ("DeviceControlEvent", {"Path": "e:\\", "FileName": "a.exe"}, {"evidences.0.file.path": "e:\\a.exe"}),
        ("PayloadLog", {}, {"disposition": "Reset", "evidences.0.connection_info.direction_id": 1}),
        ("PayloadLog", {"Action": 130, "ActionString": "Detect Only: Reset"}, {"disposition": "Detected"}),
        ("PayloadLog", {"Action": 5, "ActionString": "Replace"}, {"disposition": "Custom Action"}),
        ("PayloadLog", {"Action": 0, "ActionString": "Unknown"}, {"disposition": "Unknown"}),
        ("PacketLog", {}, {"activity_name": "Traffic", "disposition": "Logged", "dst_endpoint.port": 443}),
        ("PacketLog", {"Action": 1, "ActionString": "Deny"}, {"activity_name": "Refuse", "disposition": "Blocked"}),
        ("PacketLog", {"SourceIP": ""}, {"class_uid": 0}),
        ("WebReputationEvent", {}, {"evidences.0.url.url_string": "http://bad.example.net/landing?x=1&y=2"}),
        ("AppControlEvent", {}, {"evidences.0.file.hashes.0.algorithm_id": 3, "evidences.0.process.pid": 4242}),
        ("AppControlEvent", {"Operation": 2, "OperationDesc": "blocked"}, {"disposition": "Blocked"}),
        ("IntegrityEvent", {}, {"activity_name": "Update", "actor.user.name": "root", "file.name": "sshd_config"}),
        ("IntegrityEvent", {"Change": 3, "ChangeString": "Deleted", "User": ""}, {"activity_name": "Delete"}),
        ("IntegrityEvent", {"EntityType": "Directory", "Key": "/etc/ssh"}, {"file.type_id": 2}),
        ("IntegrityEvent", {"EntityType": "RegistryValue"}, {"class_uid": 2004, "finding_info.analytic.type_id": 1}),
        ("IntegrityEvent", {"User": "", "Process": ""}, {"class_uid": 2004, "evidences.0.file.name": "sshd_config"}),
        ("LogInspectionEvent", {}, {"evidences.0.src_endpoint.port": 12036, "evidences.0.user.name": "admin"}),
        (
            "LogInspectionEvent",
            {"OSSEC_Groups": "syslog,sshd,authentication_success,"},
            {"class_uid": 3002, "status": "Success", "user.name": "admin", "service.name": "sshd"},
        ),
        (
            "LogInspectionEvent",
            {"OSSEC_Groups": "syslog,sshd,authentication_failed,"},
            {"class_uid": 3002, "status": "Failure", "src_endpoint.port": 12036, "dst_endpoint.hostname": "web-prod-1"},
        ),
        ("SystemEvent", {"Number": 190, "Title": "Alert Started"}, {"type_name": "Detection Finding: Create"}),
        ("SystemEvent", {"Number": 192, "Title": "Alert Ended"}, {"type_name": "Detection Finding: Close"}),
        (
            "SystemEvent",
            {"Number": 190, "Title": "Alert Started", "Description": "Alert: Agent Offline\nSubject: web-prod-1"},
            {"finding_info.title": "agent_offline"},
        ),
        ("SystemEvent", {}, {"message": "Computer Created", "device.hostname": "web-prod-1"}),
    ],
)  # fmt: skip
def test_what_an_event_says_is_where_ocsf_has_it(
    definition: Body, event_type: str, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    ocsf = of(definition, sample(event_type)[0] | changes)
    assert {path: value(ocsf, path) for path in expected} == expected


@pytest.mark.parametrize("text", ["%{deep_security.TenantID} \\ /\n* OR @x:(y", "/", "\u202e", " "])
def test_what_an_attacker_can_write_stays_text(definition: Body, text: str) -> None:
    for properties in (sample(event_type)[0] for event_type in CLASSES):
        of(definition, {name: text if name in WRITTEN_BY_OTHERS else value for name, value in properties.items()})


def test_the_rest_of_the_log_stays(definition: Body) -> None:
    for _, properties in events_of_samples():
        before = log_of(properties)
        after = pipeline.run(definition, before)
        assert set(after) - set(before) <= {"ocsf", "file"}
        for name in set(before) - {"file", "network"}:
            assert after[name] == before[name]


def test_each_number_of_an_enumeration_has_its_name(definition: Body) -> None:
    checked = 0
    for processor in processors(definition, "schema-processor"):
        for mapper in (mapper for mapper in processor["mappers"] if "categories" in mapper):
            class_name = OcsfJsonSchemaEmbedded(schema()).lookup_class_name_from_uid(processor["schema"]["class_uid"])
            owner, path = schema()["classes"][class_name], mapper["targets"]["id"].removeprefix("ocsf.").split(".")
            for name in path[:-1]:
                owner = schema()["objects"][owner["attributes"][name]["object_type"]]
            captions = {int(number): each["caption"] for number, each in owner["attributes"][path[-1]]["enum"].items()}
            for category in mapper["categories"]:
                assert captions[category["id"]] == category["name"], mapper["name"]
                checked += 1
            assert mapper["targets"]["name"].removeprefix("ocsf.").rpartition(".")[0] == ".".join(path[:-1])
    assert checked > 100


def test_the_class_has_its_name(definition: Body) -> None:
    for processor in processors(definition, "schema-processor"):
        uid = processor["schema"]["class_uid"]
        name = OcsfJsonSchemaEmbedded(schema()).lookup_class_name_from_uid(uid)
        assert schema()["classes"][name]["caption"] == processor["schema"]["class_name"]


def queries(definition: Body) -> Iterator[str]:
    for each in processors(definition):
        inner = each.get("categories", []) + [c for m in each.get("mappers", ()) for c in m.get("categories", ())]
        yield from (found["filter"]["query"] for found in [each, *inner] if "filter" in found)


def test_it_asks_only_for_what_is_sent(with_dashboards: Body) -> None:
    """Attributes that the function sends, properties that an event can have, or what an earlier processor has made."""
    everything = [log_of(properties) for _, properties in events_of_samples()]
    sent = set(itertools.chain.from_iterable(map(paths, everything)))
    known = sent | {f"deep_security.{name}" for name in re.findall(r'"(\w+)"', Path(event_types.__file__).read_text())}
    tags = {tag.partition(":")[0] for log in everything for tag in log["ddtags"].split(",")} | {"source"}
    read, made = set(), {"ocsf.class_uid"}
    for each in processors(with_dashboards):
        mappers = [each, *each.get("mappers", ())]
        read |= {
            source for mapper in mappers for source in mapper.get("sources", ()) if mapper.get("source_type") != "tag"
        }
        made |= {mapper["target"] for mapper in mappers if "target" in mapper} | {
            each.get("operation", {}).get("target", "")
        }
    terms = [term for query in queries(with_dashboards) if query != "*" for term in parse(query).terms]
    read |= {term.key.removeprefix("@") for term in terms if term.key.startswith("@")}
    parents = {path.rpartition(".")[0] for path in made}
    assert read - known - made - parents == set()
    assert {term.key for term in terms if not term.key.startswith("@")} <= tags


def paths(found: Any, place: str = "") -> Iterator[str]:
    if isinstance(found, dict):
        for name, inner in found.items():
            yield from paths(inner, f"{place}.{name}" if place else name)
    yield place


def test_without_cloud_siem_there_is_no_ocsf(tmp_path: Path) -> None:
    plain = pipeline.definition(tmp_path, cloud_siem=False)
    assert problems(plain, LogsPipeline) == []
    (properties, *_) = sample("AppControlEvent")
    after = pipeline.run(plain, log_of(properties))
    assert "ocsf" not in after and after["file"]["path"] == "/opt/example/script.sh"


def test_attributes_of_datadogs_own_dashboards(with_dashboards: Body) -> None:
    found = {
        event_type: pipeline.run(with_dashboards, log_of(sample(event_type)[0]))
        for event_type in set(CLASSES) - {"TestSNS"}
    }
    firewall, malware, change = found["PacketLog"], found["AntiMalwareEvent"], found["IntegrityEvent"]
    assert (firewall["category"], firewall["action"], firewall["severity"]) == ("Firewall", "log_only", 1)
    assert (firewall["evt"], firewall["proto"], firewall["host_id"]) == ({"name": "Log All - Outbound"}, "TCP", 301)
    assert (malware["category"], malware["result"], malware["severity"]) == ("Anti-Malware", "Quarantined", 4)
    assert (change["category"], change["action"], change["filePath"]) == (
        "Integrity Monitor",
        "updated",
        "/etc/ssh/sshd_config",
    )
    nameless = {"DeviceControlEvent", "WebReputationEvent"}
    assert [name for name, log in found.items() if not {"category", "severity"} <= set(log)] == []
    assert {name for name, log in found.items() if "evt" not in log} == nameless
    assert all(faults(log["ocsf"]) == [] for log in found.values())


@pytest.mark.parametrize(
    ("event_type", "missing", "fault"),
    [
        ("PayloadLog", "ocsf.finding_info.uid", "'uid' is a required property"),
        ("PayloadLog", "ocsf.severity_id", "'severity_id' is a required property"),
        ("PayloadLog", "ocsf.type_uid", "'type_uid' is a required property"),
        ("PacketLog", "ocsf.time", "'time' is a required property"),
        ("PacketLog", "ocsf.metadata.product.name", "is not valid under any of the given schemas"),
        ("IntegrityEvent", "ocsf.device.type_id", "'type_id' is a required property"),
        ("AntiMalwareEvent", "OCSF: file", "'name' is a required property"),
    ],
)
def test_the_check_notices_what_is_missing(definition: Body, event_type: str, missing: str, fault: str) -> None:
    broken = copy.deepcopy(definition)
    broken["processors"] = [each for each in broken["processors"] if each["name"] != missing]
    for processor in processors(broken, "schema-processor"):
        processor["mappers"] = [mapper for mapper in processor["mappers"] if mapper["name"] != missing]
    found = faults(pipeline.run(broken, log_of(sample(event_type)[0]))["ocsf"])
    assert any(fault in each for each in found)


@pytest.mark.parametrize(
    ("target", "wrong"), [("ocsf.activity_id", 4), ("ocsf.severity_id", 7), ("ocsf.type_uid", 200404)]
)
def test_the_check_notices_a_wrong_number(definition: Body, target: str, wrong: int) -> None:
    broken = copy.deepcopy(definition)
    for processor in processors(broken, "schema-processor"):
        for category in next(m for m in processor["mappers"] if m["name"] == target)["categories"]:
            category["id"] = wrong
    assert any(
        "is not one of" in each for each in faults(pipeline.run(broken, log_of(sample("PayloadLog")[0]))["ocsf"])
    )
