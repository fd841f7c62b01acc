"""The common scale, and how each type's own is brought to it."""

from typing import Any

import pytest

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.deep_security.severity import Severity

BY_TYPE: dict[str, list[tuple[dict[str, Any], str | None]]] = {
    "SystemEvent": [
        ({"Severity": 1}, "info"), ({"Severity": "2"}, "medium"), ({"SeverityString": "Error"}, "high"),
        # An alert has severity info; its description has its own. What cannot be read is not hidden as info.
        ({"Severity": 1, "Number": 190, "Description": "Severity: Critical"}, "high"),
        ({"Severity": 1, "Number": 191, "Description": "Severity: Warning"}, "medium"),
        ({"Severity": 1, "Number": 190, "Description": "重要度: 重大"}, "medium"),
        ({"Severity": 1, "Number": 192, "Description": "Severity: Critical"}, "info"),
        ({"Severity": 1, "Number": 250, "Description": "Severity: Critical"}, "info"),
    ],
    "PayloadLog": [
        ({"Severity": 1}, "low"), ({"Severity": "High"}, "high"), ({"Severity": 9}, None),
        # The number decides, then the word, then the rank.
        ({"Severity": 4, "SeverityString": "Niedrig"}, "critical"), ({"Severity": 1, "Rank": 100}, "low"),
        *(({"Severity": level, "SeverityString": " High "}, "high") for level in (9, "Low")),
        # The engine's own events have a rank only: severity times asset value.
        ({"Rank": 100}, "critical"), ({"Rank": "25"}, "medium"), ({"Rank": -1}, None),
        ({"Rank": 100, "HostAssetValue": 2}, "high"), ({"Rank": 100, "HostAssetValue": 0}, "critical"),
    ],
    "IntegrityEvent": [({"Severity": 2}, "medium"), ({"Rank": 50}, "high")],
    "LogInspectionEvent": [
        *(({"OSSEC_Level": level}, "low") for level in (0, "3")),
        *(({"OSSEC_Level": level}, "medium") for level in (4, "7")),
        *(({"OSSEC_Level": level}, "high") for level in (8, 11)),
        *(({"OSSEC_Level": level}, "critical") for level in (12, 15)),
        *(({"OSSEC_Level": level}, None) for level in (-1, 16)),
        ({"OSSEC_Level": 16, "SeverityString": "critical"}, "critical"),
        ({"SeverityString": "amber"}, None), ({"Rank": 25}, "medium"),
    ],
    "WebReputationEvent": [
        ({"Risk": 5}, "low"), ({"RiskString": "Highly Suspicious"}, "high"),
        *(({"RiskString": f"Blocked By {who}", "Rank": 100}, "medium") for who in ("Administrator", "Admin")),
        ({"Risk": "Blocked by admin"}, "medium"),
        ({"Risk": 4, "RiskString": "Untested"}, "critical"), ({"RiskString": "Gefährlich", "Rank": 100}, "critical"),
    ],
    "PacketLog": [
        ({"Action": "129"}, "low"), ({"Action": 6}, "info"), ({"Action": "Deny"}, "medium"), ({"Action": 128}, None),
        ({"ActionString": "Detect Only: Deny"}, "low"), ({"ActionString": "Log Only"}, "info"),
        ({"Action": 1, "ActionString": "Nur protokollieren"}, "medium"),
        ({"Action": 0, "Rank": 50}, "medium"), ({"Action": 0, "Rank": 1}, None),
        # Of a valuable host.
        ({"Action": 1, "Rank": 1000}, "high"), ({"Action": 1, "Rank": 999}, "medium"),
        ({"Action": 129, "Rank": "1000"}, "medium"),
    ],
    "AntiMalwareEvent": [
        ({"ScanResultString": "quarantined"}, "medium"), ({"ScanResultString": "Access Denied"}, "high"),
        ({"ScanResultString": "Terminated"}, "high"), ({"ScanResultString": "隔離"}, "critical"), ({}, "critical"),
        ({"ScanResultString": "隔離", "ScanAction1": 3, "ScanResultAction1": 0}, "medium"),
    ],
    "DeviceControlEvent": [({"DevicePermission": 0}, "medium"), ({}, None)],
    "TestSNS": [({}, "info")],
    "AppControlEvent": [({"Operation": 2}, "medium"), ({"Operation": 1}, "low"), ({"Operation": 3}, None)],
    "NewEvent": [({"SeverityString": "High"}, "high"), ({"Rank": 100}, "critical"), ({"Severity": 3}, None)],
}  # fmt: skip


@pytest.mark.parametrize("name", [*EVENT_TYPES, "NewEvent"])
def test_severity_by_type(name: str) -> None:
    found = [(properties, Event({"EventType": name, **properties}).known_severity) for properties, _ in BY_TYPE[name]]
    assert [(each, severity.label if severity is not None else None) for each, severity in found] == BY_TYPE[name]


@pytest.mark.parametrize("name", ["High", "urgent", "", None, 3])
def test_a_severity_has_one_of_five_names(name: object) -> None:
    assert [Severity.from_name(severity.label) for severity in Severity] == list(Severity)
    with pytest.raises(ValueError, match="none of info, low, medium, high, critical"):
        Severity.from_name(name)
