"""The table of event types: complete for the samples, and the same as the module's, by which filters are refused."""

import re
from typing import Any

import hcl2
import pytest

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES, event_type
from deep_security_datadog.deep_security.facts import BELOW_HOST, EventType
from deep_security_datadog.deep_security.severity import Severity, of_unknown
from deep_security_datadog.filter import FILTERABLE_TYPES
from tools.repository import ROOT
from tools.samples import events_of, messages


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    with (ROOT / "destinations.tf").open(encoding="utf-8") as file:
        (tables,) = hcl2.load(file)["locals"]
    return dict(tables)


PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def test_types_and_highest_severities_agree(tables: dict[str, Any]) -> None:
    rows = [
        (name, Severity.from_name(level)) for name, level in re.findall(r"(?m)^\| `([A-Z]\w+)` \|.*\| (\w+) \|$", PAGE)
    ]
    assert {name: row["highest_severity"].strip('"') for name, row in tables["event_types"].items()} == {
        name: max(level for of, level in rows if of == name).label for name in FILTERABLE_TYPES
    }


def test_numbers_have_the_severity_that_the_page_says() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| `(\w+)` (\d+)(?: to (\d+))?(?: \([^)]*\))? \| (\w+) \|$", PAGE)
    levels = {
        (name, key, number): level
        for name, key, low, high, level in rows
        for number in range(int(low), int(high or low) + 1)
    }
    cases = [(name, key, number) for name, key in {case[:2] for case in levels} for number in range(-1, 300)]
    found = {(name, key, number): Event({"EventType": name, key: number}).known_severity for name, key, number in cases}
    assert levels == {case: severity.label for case, severity in found.items() if severity is not None}


def test_severities_are_in_the_same_order(tables: dict[str, Any]) -> None:
    assert [name.strip('"') for name in tables["severities"]] == [severity.label for severity in Severity]


# Whether a device control event carries a rank is not known.
@pytest.mark.parametrize("name", sorted(set(FILTERABLE_TYPES) - {"DeviceControlEvent"}))
def test_samples_carry_a_rank_where_the_module_says_so(name: str, tables: dict[str, Any]) -> None:
    for event in events_of(messages()[name]):
        assert ("Rank" in event) is tables["event_types"][name]["ranked"]


def test_each_type_has_its_row_and_an_unknown_one_has_another() -> None:
    for name, row in EVENT_TYPES.items():
        assert event_type({"EventType": name}) is event_type({"EventType": f" {name}\n"}) is row
    for name in ("NewEvent", "packetlog", ""):
        row = event_type({"EventType": name})
        assert (row.name, row.module) == (name, name or "Unknown module")
        assert row.severity is of_unknown


@pytest.mark.parametrize("row", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_a_row_says_nothing_without_properties_and_shows_a_property_once(row: EventType) -> None:
    assert (row.action({}), row.detect_only({}), row.subject({}), row.detail({})) == ("", None, "", "")
    assert not any(value({}) for value in row.tags.values())
    assert not any(fact.value({}) for fact in row.facts)
    labels, properties = [fact.label for fact in row.facts], [name for fact in row.facts for name in fact.properties]
    assert len(set(labels)) == len(labels) and len(set(properties)) == len(properties)


# What any type may say: who did it, in which container, image and pod.
WHO_AND_WHERE = {"User", "UserName", "UserID", "GroupName", "GroupID", "Process", "ProcessName", "ProcessID", "Note"}
WHO_AND_WHERE |= {name for names in BELOW_HOST.values() for name in names} | {"ImageID", "ImageDigest", "ForwardedSrc"}
WHO_AND_WHERE |= {"ThreadID"}


@pytest.mark.parametrize("name", [*sorted(set(EVENT_TYPES) - {"TestSNS"}), "NewEvent"])
def test_every_type_may_say_who_did_it_and_where_below_the_host(name: str) -> None:
    assert event_type({"EventType": name}).shown_properties >= WHO_AND_WHERE


@pytest.mark.parametrize(
    ("properties", "titled", "action"),
    [
        ({"EventType": "DeviceControlEvent", "DeviceType": 3, "DevicePermission": 1}, "", ""),
        ({"EventType": "PacketLog", "Action": 77}, "", ""),
        ({"EventType": "IntegrityEvent", "Key": "/a", "Change": 9}, "/a", ""),
        ({"EventType": "AppControlEvent", "Action": 3, "Operation": 7, "FileName": "x"}, "x", ""),
        ({"EventType": "WebReputationEvent", "URL": "a.example", "DetectOnly": 7}, "a.example", ""),
        ({"EventType": "LogInspectionEvent", "Reason": "R", "OSSEC_Action": 3}, "R", ""),
        ({"EventType": "AntiMalwareEvent", "MalwareName": "M", "ScanResultString": 12}, "M", ""),
        ({"EventType": "AntiMalwareEvent", "MalwareName": 12, "BehaviorType": "B"}, "B", ""),
        ({"EventType": "SystemEvent", "Title": 190, "Description": "Something"}, "Something", ""),
        ({"EventType": "PacketLog", "Reason": 123}, "", ""),
        ({"EventType": "IntegrityEvent", "Reason": 123, "Key": "/a"}, "/a", ""),
        ({"EventType": "LogInspectionEvent", "OSSEC_Description": 7, "Reason": "R"}, "R", ""),
        ({"EventType": "DeviceControlEvent", "DeviceName": 3, "DeviceModel": "X"}, "X", ""),
        ({"EventType": "NewEvent", "Title": 7, "Reason": "R", "Action": 9}, "R", ""),
    ],
)
def test_a_code_without_a_word_is_a_fact_only(properties: dict[str, Any], titled: str, action: str) -> None:
    event = Event(properties)
    row = event.event_type
    assert (row.subject(event.texts), row.action(event.texts)) == (titled, action)
    assert not [value for value in (tag(event.texts) for tag in row.tags.values()) if value.isdecimal()]
    facts = [fact.value(event.texts) for fact in row.facts]
    codes = {str(value) for value in properties.values() if isinstance(value, int)}
    assert codes <= {fact for fact in facts if fact}


@pytest.mark.parametrize(
    ("properties", "action", "level"),
    [
        ({"Action": "Execution of Unrecognized Software Blocked"}, "blocked", Severity.MEDIUM),
        ({"Action": "Execution of Software Blocked by Rule"}, "blocked", Severity.MEDIUM),
        ({"Action": "Execution of Unrecognized Software Allowed"}, "allowed", Severity.LOW),
        ({"OperationDesc": "detectOnly"}, "allowed", Severity.LOW),
        ({"Operation": "blocked"}, "blocked", Severity.MEDIUM),
        # The number decides. What the block would have been for says nothing: allowed software has it, too.
        ({"Operation": 1, "Action": "Execution of Unrecognized Software Blocked"}, "allowed", Severity.LOW),
        ({"BlockReason": 2}, "", Severity.INFO),
    ],
)
def test_application_control_without_an_operation(properties: dict[str, Any], action: str, level: Severity) -> None:
    event = Event({"EventType": "AppControlEvent", **properties})
    assert (event.event_type.action(event.texts), event.severity) == (action, level)
    assert event.event_type.detect_only(event.texts) is {"allowed": True, "blocked": False}.get(action)


def test_an_unknown_type_shows_what_is_known_of_others() -> None:
    facts = event_type({"EventType": "NewEvent"}).facts
    shown = [name for fact in facts for name in fact.properties]
    assert len(shown) == len(set(shown)) and all(fact.properties for fact in facts)
    assert set(shown) == {name for row in EVENT_TYPES.values() for name in row.shown_properties} | {"Reason"}
