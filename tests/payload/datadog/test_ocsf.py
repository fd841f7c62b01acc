"""A log's OCSF event: of the right class, valid by the schema that OCSF publishes, and safe to show."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from deep_security_datadog.datadog import logs
from deep_security_datadog.datadog.ocsf import CLASSES, ROWS, VERSION
from deep_security_datadog.datadog.request import Repeats
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from tests.golden import CONTEXT, NOTIFICATION, events_of_samples
from tests.payload.strategies import EVENTS
from tests.support import item, sample

WITH_OCSF = CONTEXT._replace(ocsf=True)
DETECTION, NETWORK, FILE, LOGON, BASE = (found.name for found in CLASSES)
OF_TYPES = {
    "AntiMalwareEvent": DETECTION, "AppControlEvent": DETECTION, "DeviceControlEvent": DETECTION,
    "IntegrityEvent": FILE, "LogInspectionEvent": DETECTION, "PacketLog": NETWORK, "PayloadLog": DETECTION,
    "SystemEvent": BASE, "TestSNS": BASE, "WebReputationEvent": DETECTION,
}  # fmt: skip
# Alerts of the manager, packets without an address, a registry value.
OF_SAMPLES = dict.fromkeys([f"reported.{number}.md" for number in (1, 2, 3, 4, 14, 20, 25)], DETECTION)
OF_SAMPLES |= dict.fromkeys([f"reported.{number}.md" for number in (12, 13, 19)], BASE)
SCANNED = {"ScanAction1": 0, "ScanResultAction1": 0, "ScanAction2": 0, "ScanResultAction2": 0}
WITHOUT_HOST = dict.fromkeys(
    ("Hostname", "HostInstanceID", "HostGUID", "HostID", "HostAgentGUID", "HostVCUUID", "HostLastIPUsed"), ""
)
HOSTILE = "@all-hands [sign in](https://evil.example) %%% www.evil.example \u202e \x1b[31m"
# Besides `message` and `time`, which the log has too.
OF_FINDINGS = {"is_alert", "status_id", "finding_info", "type_uid", "class_name", "category_name"}


@functools.cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = get_ocsf_schema(version=VERSION)
    return found


@functools.cache
def validator(class_uid: int, profiles: tuple[str, ...]) -> Draft202012Validator:
    embedded = OcsfJsonSchemaEmbedded(schema())
    name = embedded.lookup_class_name_from_uid(class_uid)
    return Draft202012Validator(embedded.get_class_schema(name, list(profiles)))


def faults(ocsf: dict[str, Any]) -> list[str]:
    """What OCSF's schema says against an event, and each number whose caption is another's."""
    class_name = OcsfJsonSchemaEmbedded(schema()).lookup_class_name_from_uid(ocsf["class_uid"])
    valid = validator(ocsf["class_uid"], tuple(ocsf["metadata"]["profiles"]))
    found = [f"{error.json_path}: {error.message}" for error in valid.iter_errors(ocsf)]
    return found or list(wrong_captions(ocsf, schema()["classes"][class_name], ""))


def wrong_captions(fields: dict[str, Any], owner: dict[str, Any], place: str) -> Iterator[str]:
    for name, value in fields.items():
        attribute = owner["attributes"][name]
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from wrong_captions(inner, schema()["objects"][attribute["object_type"]], f"{place}.{name}")
        if "enum" in attribute:
            numbers, captions = (
                each if isinstance(each, list) else [each] for each in (value, fields[attribute["sibling"]])
            )
            if [attribute["enum"][str(number)]["caption"] for number in numbers] != captions:
                yield f"{place}.{name}: {value} is not {captions}"


def of(properties: dict[str, Any], repeats: Repeats | None = None) -> dict[str, Any]:
    """The OCSF event, with nothing wrong about it."""
    ocsf: dict[str, Any] = logs.body(item(properties, NOTIFICATION, repeats), WITH_OCSF)["ocsf"]
    assert faults(ocsf) == []
    return ocsf


def value(ocsf: Any, path: str) -> Any:
    for name in path.split("."):
        ocsf = ocsf[int(name)] if name.isdecimal() else ocsf[name]
    return ocsf


def test_each_type_has_a_class() -> None:
    assert set(OF_TYPES) == set(EVENT_TYPES)
    assert set(ROWS) == set(EVENT_TYPES) - {"TestSNS"}


@pytest.mark.parametrize(("name", "properties"), list(events_of_samples()))
def test_samples(name: str, properties: dict[str, Any]) -> None:
    ocsf = of(properties)
    assert ocsf["class_name"] == OF_SAMPLES.get(name, OF_TYPES[properties["EventType"]])
    log = logs.body(item(properties, NOTIFICATION), CONTEXT)
    assert "ocsf" not in log
    assert ocsf["message"] == log["message"]
    if ocsf["class_name"] == DETECTION:
        assert set(ocsf) >= OF_FINDINGS


@settings(max_examples=300, deadline=None)
@given(EVENTS)
def test_any_event_is_valid(properties: dict[str, Any]) -> None:
    of(properties)


@pytest.mark.parametrize("event_type", [*OF_TYPES, "EventTypeOfTomorrow"])
def test_little_is_enough(event_type: str) -> None:
    assert of({"EventType": event_type})["time"] == 1715680200000
    ocsf = of({"EventType": event_type, "EventID": 1, "LogDate": "2024-05-14T09:22:19.000Z", "TenantID": 0})
    assert ocsf["time"] == 1715678539000
    assert (ocsf["metadata"]["uid"], ocsf["metadata"]["event_code"]) == (f"0-{event_type}-1", event_type)


FIRST, FILES = "evidences.0", "evidences.0.file"
# Of the first sample of a type with these changes, what stands where.
PLACES: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "AntiMalwareEvent": [
        ({}, {"disposition": "Quarantined", "malware.0.classifications.0": "Virus"}),
        ({"MajorVirusType": ""}, {"malware.0.classifications.0": "Unknown"}),
        ({"MajorVirusType": 14}, {"malware.0.classifications.0": "Other"}),
        # Since 2021 the number is always 0.
        ({"UniqueID": "u"}, {"metadata.uid": "11111111-2222-3333-4444-555555555555-AntiMalwareEvent-u"}),
        ({"EventID": 7, "UniqueID": ""}, {"metadata.uid": "11111111-2222-3333-4444-555555555555-AntiMalwareEvent-7"}),
        ({"MajorVirusType": 4}, {"malware.0.classifications.0": "Spyware"}),
        (SCANNED | {"ScanAction1": 4}, {"disposition": "Corrected"}),
        (SCANNED | {"ScanAction1": 5}, {"disposition": "Blocked"}),
        (SCANNED | {"ScanAction1": 1}, {"disposition": "Uncorrected"}),
        ({"ScanResultAction2": -82}, {"disposition": "Uncorrected", "severity": "Critical"}),
        ({}, {f"{FILES}.hashes.0.algorithm": "SHA-1"}),
        ({"FileSHA1": "", "FileMD5": "0" * 32}, {f"{FILES}.hashes.0.algorithm": "MD5"}),
        ({"InfectedFilePath": "d:\\temp dir\\file.zip(file.aspx)"}, {f"{FILES}.name": "file.zip(file.aspx)"}),
        ({"InfectedFilePath": "eicar.com"}, {f"{FILES}.name": "eicar.com"}),
    ],
    "DeviceControlEvent": [({"Path": "e:\\", "FileName": "a.exe"}, {f"{FILES}.path": "e:\\a.exe"})],
    "PayloadLog": [
        ({}, {"disposition": "Reset", f"{FIRST}.connection_info.direction": "Inbound", "status": "New"}),
        ({"Flow": 1, "Direction": "x", "Severity": 1}, {f"{FIRST}.connection_info.direction_id": 0, "severity_id": 2}),
        # The server's answer matched: the connection came in.
        ({"Direction": 1, "Flow": 1}, {f"{FIRST}.connection_info.direction": "Inbound"}),
        ({"Direction": "west"}, {f"{FIRST}.connection_info.direction": "Unknown"}),
        ({"Reason": "1001251 - WPAD"}, {"finding_info.analytic.uid": "1001251", "metadata.event_code": "1001251"}),
        ({"RepeatCount": 3}, {"count": 3}),
        ({"Action": 130, "ActionString": "Detect Only: Reset"}, {"disposition": "Detected"}),
        ({"Action": 5, "ActionString": "Replace"}, {"disposition": "Custom Action"}),
        ({"Action": 0, "ActionString": "Unknown"}, {"disposition": "Unknown"}),
    ],
    "PacketLog": [
        ({}, {"activity_name": "Traffic", "disposition": "Logged", "dst_endpoint.port": 443}),
        ({"HostSecurityPolicyName": "Web"}, {"policy.name": "Web", "firewall_rule.name": "Log All - Outbound"}),
        ({}, {"connection_info.protocol_name": "tcp"}),
        ({"Action": 1, "ActionString": "Deny"}, {"activity_name": "Refuse", "disposition": "Blocked"}),
        ({"SourceIP": ""}, {"class_name": NETWORK, "dst_endpoint.port": 443}),
        ({"SourceIP": "", "DestinationIP": ""}, {"class_name": BASE}),
    ],
    "WebReputationEvent": [({}, {f"{FIRST}.url.url_string": "http://bad.example.net/landing?x=1&y=2"})],
    "AppControlEvent": [
        ({}, {f"{FILES}.hashes.0.algorithm": "SHA-256", f"{FIRST}.process.pid": 4242}),
        ({"Operation": 2, "OperationDesc": "blocked"}, {"disposition": "Blocked"}),
    ],
    "IntegrityEvent": [
        ({}, {"activity_name": "Update", "actor.user.name": "root", "file.name": "sshd_config"}),
        ({"Change": 3, "ChangeString": "Deleted", "User": ""}, {"activity_name": "Delete"}),
        ({"EntityType": "Directory", "Key": "/etc/ssh"}, {"file.type": "Folder"}),
        ({"EntityType": "RegistryValue"}, {"class_uid": 2004, "finding_info.analytic.type": "Rule"}),
        (WITHOUT_HOST | {"Description": "sshd"}, {"class_uid": 2004, "finding_info.desc": "sshd"}),
        ({"User": "", "Process": ""}, {"class_uid": 2004, f"{FILES}.name": "sshd_config"}),
    ],
    "LogInspectionEvent": [
        ({}, {f"{FIRST}.src_endpoint.port": 12036, f"{FIRST}.user.name": "admin"}),
        ({"OSSEC_Groups": "sshd,authentication_success,"}, {"class_uid": 3002, "status": "Success"}),
        ({"OSSEC_Groups": "authentication_success"}, {"user.name": "admin", "service.name": "sshd"}),
        ({"OSSEC_Groups": "sshd,authentication_failed,"}, {"class_uid": 3002, "status": "Failure"}),
        (
            {"OSSEC_Groups": "authentication_failed"},
            {"src_endpoint.port": 12036, "dst_endpoint.hostname": "web-prod-1"},
        ),
        (
            {"OSSEC_Groups": "authentication_failed", "OSSEC_DestinationUser": "", "OSSEC_SourceUser": ""},
            {"class_uid": 2004},
        ),
    ],
    "SystemEvent": [
        ({}, {"class_name": BASE, "device.hostname": "web-prod-1"}),
        ({"Number": 190, "Title": "Alert Started"}, {"type_name": "Detection Finding: Create"}),
        ({"Number": 191, "Title": "Alert Changed"}, {"type_name": "Detection Finding: Update"}),
        ({"Number": 192, "Title": "Alert Ended"}, {"activity_name": "Close", "status": "Resolved"}),
        ({"Number": 190, "Description": "Alert: Agent Offline"}, {"finding_info.title": "Agent Offline"}),
        ({"Number": 190}, {"metadata.event_code": "190"}),
    ],
}


@pytest.mark.parametrize("event_type", PLACES)
def test_what_an_event_says_is_where_ocsf_has_it(event_type: str) -> None:
    for changes, expected in PLACES[event_type]:
        ocsf = of(sample(event_type)[0] | changes)
        assert {path: value(ocsf, path) for path in expected} == expected, changes


def test_all_that_is_said_of_one_alert_is_one_finding() -> None:
    said = {"Description": "Alert: Agent Offline"}
    events = [sample("SystemEvent")[0] | said | {"Number": number, "EventID": number} for number in (190, 191, 192)]
    uids = {of(event)["finding_info"]["uid"] for event in events}
    assert len(uids) == 1 and len({of(event)["metadata"]["uid"] for event in events}) == 3
    assert of(events[0] | {"Description": "Alert: Agent Too Old"})["finding_info"]["uid"] not in uids
    assert of(events[0] | {"HostInstanceID": "i-2"})["finding_info"]["uid"] not in uids


def test_a_process_has_a_name_and_a_path() -> None:
    event = sample("IntegrityEvent")[0] | {"Process": "/usr/bin/vim"}
    assert of(event)["actor"]["app_name"] == "/usr/bin/vim"
    assert of(event | {"ProcessID": 7})["actor"]["process"] == {"pid": 7, "name": "vim", "path": "/usr/bin/vim"}
    assert "process" not in of(event | {"ProcessID": 1 << 31})["actor"]


def test_folded_events_count() -> None:
    assert of(sample("PacketLog")[0], Repeats(12))["count"] == 12
    assert of(sample("PacketLog")[0] | {"RepeatCount": 1 << 40})["count"] == (1 << 31) - 1


@pytest.mark.parametrize("event_type", OF_TYPES)
@pytest.mark.parametrize("text", [HOSTILE, f"1001251 - {HOSTILE}", "/\\" + HOSTILE * 10_000])
def test_what_an_attacker_can_write_is_cleaned_and_cut(event_type: str, text: str) -> None:
    (properties, *_) = sample(event_type)
    hostile = {name: text for name, each in properties.items() if isinstance(each, str) and name != "EventType"}
    for changed in ({}, {"EntityType": "File"}, {"OSSEC_Groups": "authentication_failed"}, {"Number": 190}):
        ocsf = of(properties | hostile | changed)
        written = json.dumps(list(texts(ocsf)), ensure_ascii=False)
        assert not [part for part in ("@", "](", "%%%", "www.", "://", "\u202e", "\\u001b") if part in written]
        assert len(written) < 50_000


def texts(fields: Any) -> Iterator[str]:
    """All but URLs, which are percent-encoded: see test_attributes.py."""
    if isinstance(fields, str):
        yield fields
    elif isinstance(fields, list):
        yield from (text for inner in fields for text in texts(inner))
    elif isinstance(fields, dict):
        yield from (text for name, inner in fields.items() if name != "url" for text in texts(inner))


@pytest.mark.parametrize(
    ("path", "wrong", "fault"),
    [
        ("finding_info.uid", None, "'uid' is a required property"),
        ("metadata.product.name", None, "is not valid under any of the given schemas"),
        ("activity_id", 4, "4 is not one of"),
        ("severity_id", 4, "severity_id: 4 is not ['Medium']"),
        ("evidences.0.file.hashes.0.algorithm", "MD5", "algorithm_id: 2 is not ['MD5']"),
    ],
)  # fmt: skip
def test_the_check_notices(path: str, wrong: Any, fault: str) -> None:
    ocsf = of(sample("AntiMalwareEvent")[0])
    parent, _, name = path.rpartition(".")
    owner = value(ocsf, parent) if parent else ocsf
    owner[name] = wrong
    if wrong is None:
        del owner[name]
    assert any(fault in each for each in faults(ocsf)), faults(ocsf)
