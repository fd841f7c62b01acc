"""The common scale, and how each type's own is brought to it."""

from __future__ import annotations

from typing import Any

import pytest

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.deep_security.severity import Severity, by_number, by_range


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"EventType": "SystemEvent", "Severity": 1}, "info"),
        ({"EventType": "SystemEvent", "Severity": "2"}, "medium"),
        ({"EventType": "SystemEvent", "SeverityString": "Error"}, "high"),
        # An alert has severity info; its description has its own. What cannot be read is not hidden as info.
        ({"EventType": "SystemEvent", "Severity": 1, "Number": 190, "Description": "Severity: Critical"}, "high"),
        ({"EventType": "SystemEvent", "Severity": 1, "Number": 191, "Description": "Severity: Warning"}, "medium"),
        ({"EventType": "SystemEvent", "Severity": 1, "Number": 190, "Description": "重要度: 重大"}, "medium"),
        ({"EventType": "SystemEvent", "Severity": 1, "Number": 192, "Description": "Severity: Critical"}, "info"),
        ({"EventType": "SystemEvent", "Severity": 1, "Number": 250, "Description": "Severity: Critical"}, "info"),
        ({"EventType": "PayloadLog", "Severity": 1}, "low"),
        ({"EventType": "PayloadLog", "Severity": "High"}, "high"),
        ({"EventType": "PayloadLog", "Severity": 4, "SeverityString": "Niedrig"}, "critical"),
        # The engine's own events have a rank only: severity times asset value.
        ({"EventType": "PayloadLog", "Rank": 100}, "critical"),
        ({"EventType": "PayloadLog", "Rank": 100, "HostAssetValue": 2}, "high"),
        ({"EventType": "PayloadLog", "Rank": 100, "HostAssetValue": 0}, "critical"),
        ({"EventType": "PayloadLog", "Rank": "25"}, "medium"),
        ({"EventType": "PayloadLog", "Rank": 1}, "low"),
        ({"EventType": "PayloadLog", "Rank": -1}, None),
        ({"EventType": "PayloadLog", "Severity": 1, "Rank": 100}, "low"),
        ({"EventType": "IntegrityEvent", "Rank": 50}, "high"),
        ({"EventType": "NewEvent", "Rank": 100}, "critical"),
        ({"EventType": "NewEvent", "Severity": 3}, None),
        ({"EventType": "PayloadLog", "Severity": "4"}, "critical"),
        ({"EventType": "PayloadLog", "Severity": 9, "SeverityString": "High"}, "high"),
        ({"EventType": "IntegrityEvent", "Severity": 2}, "medium"),
        ({"EventType": "LogInspectionEvent", "OSSEC_Level": 0}, "low"),
        ({"EventType": "LogInspectionEvent", "OSSEC_Level": "7"}, "medium"),
        ({"EventType": "LogInspectionEvent", "OSSEC_Level": 8}, "high"),
        ({"EventType": "LogInspectionEvent", "OSSEC_Level": 15}, "critical"),
        ({"EventType": "LogInspectionEvent", "SeverityString": "Critical"}, "critical"),
        ({"EventType": "LogInspectionEvent", "Rank": 25}, "medium"),
        ({"EventType": "WebReputationEvent", "Risk": 4}, "critical"),
        ({"EventType": "WebReputationEvent", "Risk": 5}, "low"),
        ({"EventType": "WebReputationEvent", "Risk": 6}, "medium"),
        ({"EventType": "WebReputationEvent", "RiskString": "Highly Suspicious"}, "high"),
        ({"EventType": "WebReputationEvent", "RiskString": "Blocked By Administrator", "Rank": 100}, "medium"),
        ({"EventType": "WebReputationEvent", "RiskString": "Blocked By Admin", "Rank": 100}, "medium"),
        ({"EventType": "WebReputationEvent", "Risk": "Blocked by admin"}, "medium"),
        ({"EventType": "WebReputationEvent", "Risk": 4, "RiskString": "Untested"}, "critical"),
        ({"EventType": "WebReputationEvent", "RiskString": "Gefährlich", "Rank": 100}, "critical"),
        ({"EventType": "PacketLog", "Action": 1}, "medium"),
        ({"EventType": "PacketLog", "Action": "129"}, "low"),
        ({"EventType": "PacketLog", "ActionString": "Detect Only: Deny"}, "low"),
        ({"EventType": "PacketLog", "ActionString": "Deny"}, "medium"),
        ({"EventType": "PacketLog", "ActionString": "Log Only"}, "info"),
        ({"EventType": "PacketLog", "Action": "Deny"}, "medium"),
        ({"EventType": "PacketLog", "Action": 1, "ActionString": "Nur protokollieren"}, "medium"),
        ({"EventType": "PacketLog", "Action": 0, "Rank": 50}, "medium"),
        ({"EventType": "PacketLog", "Action": 0, "Rank": 1}, None),
        ({"EventType": "PacketLog", "Action": 6}, "info"),
        ({"EventType": "PacketLog", "Action": 1, "Rank": 1000}, "high"),
        ({"EventType": "PacketLog", "Action": 1, "Rank": 999}, "medium"),
        ({"EventType": "PacketLog", "Action": 129, "Rank": "1000"}, "medium"),
        ({"EventType": "PacketLog", "Action": 0}, None),
        ({"EventType": "PacketLog", "Action": 128}, None),
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "Cleaned"}, "medium"),
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "quarantined"}, "medium"),
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "Access Denied"}, "high"),
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "Terminated"}, "high"),
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "隔離"}, "critical"),
        (
            {"EventType": "AntiMalwareEvent", "ScanResultString": "隔離", "ScanAction1": 3, "ScanResultAction1": 0},
            "medium",
        ),
        (
            {"EventType": "AntiMalwareEvent", "ScanResultString": "Deleted", "ScanAction1": 2, "ScanResultAction1": -1},
            "critical",
        ),
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "Passed"}, "critical"),
        ({"EventType": "AntiMalwareEvent", "ScanResultString": "Quarantine failed"}, "critical"),
        ({"EventType": "AntiMalwareEvent"}, "critical"),
        ({"EventType": "AppControlEvent", "Operation": 2}, "medium"),
        ({"EventType": "AppControlEvent", "Operation": "1"}, "low"),
        ({"EventType": "AppControlEvent", "Action": "Execution of Unrecognized Software Blocked"}, "medium"),
        ({"EventType": "AppControlEvent", "OperationDesc": "detectOnly"}, "low"),
        ({"EventType": "AppControlEvent", "Operation": "Blocked"}, "medium"),
        ({"EventType": "AppControlEvent", "Operation": 1, "Action": "Blocked"}, "low"),
        ({"EventType": "AppControlEvent"}, None),
        ({"EventType": "DeviceControlEvent", "DevicePermission": 0}, "medium"),
        ({"EventType": "DeviceControlEvent"}, None),
        ({"EventType": "TestSNS"}, "info"),
        ({"EventType": "NewEvent", "SeverityString": "High"}, "high"),
        ({}, None),
    ],
)
def test_severity_by_type(properties: dict[str, Any], expected: str | None) -> None:
    severity = Event(properties).known_severity
    assert (severity.label if severity is not None else None) == expected


def test_the_scale_is_in_order() -> None:
    assert [severity.label for severity in sorted(Severity)] == ["info", "low", "medium", "high", "critical"]


def test_from_name() -> None:
    assert [Severity.from_name(severity.label) for severity in Severity] == list(Severity)


@pytest.mark.parametrize("name", ["High", "urgent", "", None, 3])
def test_other_names_are_refused(name: object) -> None:
    with pytest.raises(ValueError, match="none of info, low, medium, high, critical"):
        Severity.from_name(name)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Level": 1}, Severity.LOW),
        ({"Level": "2"}, Severity.HIGH),
        # The words of the scale, then those that all types share.
        ({"LevelString": "amber"}, Severity.LOW),
        ({"LevelString": "Critical"}, Severity.CRITICAL),
        ({"Level": 3, "LevelString": " Warning "}, Severity.MEDIUM),
        ({"Level": 1, "LevelString": "Critical"}, Severity.LOW),
        ({"Level": 3}, None),
        ({}, None),
    ],
)
def test_by_number(properties: dict[str, Any], expected: Severity | None) -> None:
    rule = by_number("Level", {1: ("Amber", Severity.LOW), 2: ("Red", Severity.HIGH)}, "LevelString")
    assert rule.decide(Event(properties).texts) == expected
    assert rule.rows == (("`Level` 1 (Amber)", Severity.LOW), ("`Level` 2 (Red)", Severity.HIGH))


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Level": 0}, Severity.LOW),
        ({"Level": "3"}, Severity.LOW),
        ({"Level": 4}, Severity.HIGH),
        ({"Level": 7}, Severity.HIGH),
        ({"Level": 8}, None),
        ({"Level": -1}, None),
        ({"Level": 8, "LevelString": "critical"}, Severity.CRITICAL),
        ({"LevelString": "amber"}, None),
    ],
)
def test_by_range(properties: dict[str, Any], expected: Severity | None) -> None:
    rule = by_range("Level", ((0, 3, Severity.LOW), (4, 7, Severity.HIGH)), "LevelString")
    assert rule.decide(Event(properties).texts) == expected
    assert rule.rows == (("`Level` 0 to 3", Severity.LOW), ("`Level` 4 to 7", Severity.HIGH))


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_rule_has_its_table_for_the_documentation(name: str) -> None:
    rows = EVENT_TYPES[name].severity.rows
    assert rows and all(says and severity in Severity for says, severity in rows)
