"""The event types as data: a row each. To support another type or property, add a row here and a sample.

Sources: docs/reference/deep-security-events.md and the vendor's "Events in JSON format",
https://docs.trendmicro.com/en-us/documentation/article/trend-vision-one-event-sns-json.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import severity
from .facts import (
    EventType,
    Fact,
    boolean,
    endpoint,
    enum,
    full_path,
    joined,
    network_detect_only,
    one,
    repeat_count,
    scan_steps,
    word,
    yes_no,
)
from .severity import CRITICAL, HIGH, INFO, LOW, MEDIUM
from .values import as_text, integer

_NETWORK_ACTIONS = {0: "Unknown", 1: "Deny", 2: "Reset", 3: "Insert", 4: "Delete", 5: "Replace", 6: "Log Only"}
_NETWORK_ACTIONS |= {0x80 + code: f"Detect Only: {_NETWORK_ACTIONS[code]}" for code in range(1, 6)}
_DIRECTIONS = {0: "Incoming", 1: "Outgoing"}
_PROTOCOLS = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 255: "RAW"}
_FRAMES = {2048: "IP", 2054: "ARP", 32821: "REVARP", 33169: "NETBEUI", 34525: "IPv6"}
_FLOWS = {-1: "Not Applicable", 0: "Connection Flow", 1: "Reverse Flow"}
_VIRUS_TYPES = {
    0: "Joke", 1: "Trojan", 2: "Virus", 3: "Test", 4: "Spyware", 5: "Packer", 6: "Generic", 7: "Other",
}  # fmt: skip
_SCAN_ACTIONS = {1: "Pass", 2: "Delete", 3: "Quarantine", 4: "Clean", 5: "Deny access"}
_OPERATIONS = {1: "allowed", 2: "blocked"}
_CHANGES = {1: "Created", 2: "Updated", 3: "Deleted", 4: "Renamed"}
_RISKS = {
    2: ("Suspicious", MEDIUM),
    3: ("Highly Suspicious", HIGH),
    4: ("Dangerous", CRITICAL),
    5: ("Untested", LOW),
    6: ("Blocked by Administrator", MEDIUM),
}
_SEVERITIES = {1: ("Low", LOW), 2: ("Medium", MEDIUM), 3: ("High", HIGH), 4: ("Critical", CRITICAL)}

_BLOCKED_OR_NOT = {True: "detect only", False: "blocked", None: ""}

_network_action = word("Action", _NETWORK_ACTIONS, "ActionString")

_NETWORK_FACTS = (
    enum("Direction", "Direction", _DIRECTIONS, "DirectionString"),
    enum("Protocol", "Protocol", _PROTOCOLS, "ProtocolString"),
    endpoint("Source", "SourceIP", "SourcePort", "SourceMAC"),
    endpoint("Destination", "DestinationIP", "DestinationPort", "DestinationMAC"),
    one("Forwarded for", "ForwardedSrc"),
    repeat_count(),
    joined("Process", "{} (pid {})", "ProcessName", "ProcessID"),
    joined("Container", "{} ({})", "ContainerName", "ContainerID"),
    one("Container image", "ContainerImageName", "ImageName"),
    one("Pod", "PodID"),
    one("Packet flags", "Flags"),
    enum("Flow", "Flow", _FLOWS, "FlowString"),
    enum("Frame", "Frame", _FRAMES, "FrameString"),
    one("Interface", "Interface"),
)
_NETWORK_ATTRIBUTES = {
    "network.client.ip": "SourceIP",
    "network.client.port": "SourcePort",
    "network.destination.ip": "DestinationIP",
    "network.destination.port": "DestinationPort",
}

_ROWS = (
    EventType(
        "SystemEvent",
        "System",
        subject=("Title", "Description"),
        severity=severity.by_number(
            "Severity", {1: ("Info", INFO), 2: ("Warning", MEDIUM), 3: ("Error", HIGH)}, "SeverityString"
        ),
        rule=("Title",),
        facts=(
            one("Event", "Title"),
            one("Event number", "Number"),
            one("Description", "Description", block=True),
            joined("Target", "{1} ({0})", "TargetType", "TargetName"),
            one("Caused by", "ActionBy"),
            joined("Manager", "{} (node {})", "ManagerNodeName", "ManagerNodeID"),
        ),
        attributes={"usr.name": "ActionBy"},
        ranked=False,
    ),
    EventType(
        "PacketLog",
        "Firewall",
        subject=("Reason",),
        severity=severity.FIREWALL,
        rule=("Reason",),
        action=_network_action,
        detect_only=network_detect_only,
        facts=(
            one("Rule", "Reason"),
            enum("Action", "Action", _NETWORK_ACTIONS, "ActionString"),
            yes_no("Detect only", network_detect_only),
            *_NETWORK_FACTS,
            one("Packet size", "PacketSize"),
        ),
        attributes=_NETWORK_ATTRIBUTES,
    ),
    EventType(
        "PayloadLog",
        "Intrusion Prevention",
        subject=("Reason",),
        severity=severity.by_number("Severity", _SEVERITIES, "SeverityString"),
        rule=("Reason",),
        action=_network_action,
        detect_only=network_detect_only,
        facts=(
            one("Rule", "Reason"),
            enum("Action", "Action", _NETWORK_ACTIONS, "ActionString"),
            yes_no("Detect only", network_detect_only),
            one("Application type", "ApplicationType"),
            *_NETWORK_FACTS,
            one("Note", "Note"),
            one("Packet data", "PacketData", block=True),
        ),
        attributes=_NETWORK_ATTRIBUTES,
    ),
    EventType(
        "AntiMalwareEvent",
        "Anti-Malware",
        subject=("MalwareName", "BehaviorType", "BehaviorRuleId"),
        severity=severity.MALWARE,
        rule=("MalwareName", "BehaviorRuleId"),
        action=lambda texts: texts.get("ScanResultString", ""),
        facts=(
            one("Malware", "MalwareName"),
            enum("Kind", "MajorVirusType", _VIRUS_TYPES, "MajorVirusTypeString"),
            one("Result", "ScanResultString"),
            Fact(
                "Actions",
                ("ScanAction1", "ScanResultAction1", "ScanAction2", "ScanResultAction2"),
                scan_steps(_SCAN_ACTIONS),
            ),
            one("File", "InfectedFilePath"),
            one("SHA-1", "FileSHA1"),
            enum("Scan", "ScanType", {0: "Real Time", 1: "Manual", 2: "Scheduled", 3: "Quick Scan"}, "ScanTypeString"),
            one("Scan configuration", "Reason"),
            one("Infection source", "InfectionSource"),
            one("Command line", "CommandLine"),
            joined("Behavior", "{} (rule {})", "BehaviorType", "BehaviorRuleId"),
            joined("Acted on", "{} ({})", "AMTarget", "AMTargetTypeString"),
            one("CVE", "Cve"),
            one("MITRE ATT&CK", "Mitre"),
            joined("Container", "{} ({})", "ContainerName", "ContainerID"),
            one("Container image", "ContainerImageName"),
            one("File created", "CreationTime"),
            one("File modified", "ModificationTime"),
            joined("Engine and pattern", "{} with {}", "EngineVersion", "PatternVersion"),
            Fact("Scan error", ("ErrorCode",), lambda texts: texts.get("ErrorCode", "").lstrip("0")),
        ),
        attributes={"file.path": "InfectedFilePath", "file.hash.sha1": "FileSHA1"},
        ranked=False,
    ),
    EventType(
        "WebReputationEvent",
        "Web Reputation",
        subject=("URL",),
        severity=severity.by_number("Risk", _RISKS, "RiskString"),
        action=lambda texts: _BLOCKED_OR_NOT[boolean("DetectOnly")(texts)],
        detect_only=boolean("DetectOnly"),
        facts=(
            one("URL", "URL"),
            enum("Risk", "Risk", {code: word for code, (word, _) in _RISKS.items()}, "RiskString"),
            one("Risk level (0 to 100)", "RiskLevel"),
            yes_no("Detect only", boolean("DetectOnly"), "DetectOnly"),
            enum("Category", "DetectionCategory", {12: "User Defined", 13: "Custom", 91: "Global"}),
            one("Target address", "TargetIP"),
        ),
        attributes={"http.url": "URL", "network.destination.ip": "TargetIP"},
    ),
    EventType(
        "IntegrityEvent",
        "Integrity Monitoring",
        subject=("Reason", "Key"),
        severity=severity.by_number("Severity", _SEVERITIES, "SeverityString"),
        rule=("Reason",),
        detail=("Key",),
        action=word("Change", _CHANGES, "ChangeString"),
        facts=(
            one("Rule", "Reason"),
            enum("Change", "Change", _CHANGES, "ChangeString"),
            joined("What", "{} {}", "EntityType", "Key"),
            one("By user", "User"),
            one("By process", "Process"),
            one("SHA-1 after the change", "IsHash"),
            one("Description", "Description", block=True),
        ),
        attributes={"usr.name": "User", "process.name": "Process"},
    ),
    EventType(
        "LogInspectionEvent",
        "Log Inspection",
        subject=("OSSEC_Description", "Reason"),
        severity=severity.by_range(
            "OSSEC_Level", ((0, 3, LOW), (4, 7, MEDIUM), (8, 11, HIGH), (12, 15, CRITICAL)), "SeverityString"
        ),
        rule=("Reason",),
        action=lambda texts: texts.get("OSSEC_Action", ""),
        facts=(
            one("Finding", "OSSEC_Description"),
            one("Rule", "Reason"),
            joined("OSSEC rule", "{} (level {})", "OSSEC_RuleID", "OSSEC_Level"),
            one("Log entry", "OSSEC_FullLog", "OSSEC_Log", block=True),
            one("Log", "OSSEC_Location"),
            one("Program", "OSSEC_ProgramName"),
            endpoint("Source", "OSSEC_SourceIP", "OSSEC_SourcePort"),
            one("Source user", "OSSEC_SourceUser"),
            endpoint("Destination", "OSSEC_DestinationIP", "OSSEC_DestinationPort"),
            one("Destination user", "OSSEC_DestinationUser"),
            one("Protocol", "OSSEC_Protocol"),
            one("Action", "OSSEC_Action"),
            one("Status", "OSSEC_Status"),
            one("Command", "OSSEC_Command"),
            one("URL", "OSSEC_URL"),
            one("Data", "OSSEC_Data"),
            one("Log event id", "OSSEC_ID"),
            one("System", "OSSEC_SystemName"),
            one("Host in the log", "OSSEC_Hostname"),
            one("Groups", "OSSEC_Groups"),
        ),
        attributes={
            "network.client.ip": "OSSEC_SourceIP",
            "network.client.port": "OSSEC_SourcePort",
            "network.destination.ip": "OSSEC_DestinationIP",
            "network.destination.port": "OSSEC_DestinationPort",
            "usr.name": "OSSEC_DestinationUser",
        },
    ),
    EventType(
        "AppControlEvent",
        "Application Control",
        subject=("Action", "FileName"),
        severity=severity.APPLICATION,
        rule=("Action",),
        detail=("FileName",),
        action=lambda texts: _OPERATIONS.get(integer(texts.get("Operation")) or 0, ""),
        detect_only=lambda texts: {1: True, 2: False}.get(integer(texts.get("Operation")) or 0),
        facts=(
            one("Action", "Action"),
            Fact("File", ("Path", "FileName"), full_path),
            one("File size", "FileSize"),
            one("SHA-256", "SHA256"),
            one("SHA-1", "SHA1"),
            one("MD5", "MD5"),
            joined("By user", "{} ({})", "UserName", "UserID"),
            joined("By group", "{} ({})", "GroupName", "GroupID"),
            joined("By process", "{} (pid {})", "ProcessName", "ProcessID"),
            enum("Block reason", "BlockReason", {0: "Unknown", 1: "Blocked by rule", 2: "Unrecognized software"}),
            one("Action reason", "ActionReasonDesc"),
            enum("Operation", "Operation", {0: "Unknown", 1: "Allowed", 2: "Blocked"}, "OperationDesc"),
            repeat_count(),
            enum(
                "Aggregated", "AggregationType", {0: "no", 1: "by file name, path and event type", 2: "by event type"}
            ),
        ),
        attributes={"usr.name": "UserName", "process.name": "ProcessName", "file.hash.sha256": "SHA256"},
        ranked=False,
    ),
    # Only the type's name is public: the properties are guesses, and others are listed as they are.
    # docs/reference/deep-security-events.md#device-control
    EventType(
        "DeviceControlEvent",
        "Device Control",
        subject=("DeviceName", "DeviceModel", "DeviceVendor"),
        severity=severity.by_number("DevicePermission", {0: ("Block", MEDIUM), 2: ("Read only", LOW)}),
        action=word("DevicePermission", {0: "Block", 2: "Read only"}),
        facts=(
            one("Device", "DeviceName"),
            enum("Permission", "DevicePermission", {0: "Block", 2: "Read only"}),
            enum("Device type", "DeviceType", {1: "USB storage device", 2: "Mobile device"}),
            one("Vendor", "DeviceVendor"),
            one("Model", "DeviceModel"),
            one("Serial number", "DeviceSerial"),
        ),
    ),
    EventType("TestSNS", "Test notification", subject=(), severity=severity.TEST),
)

EVENT_TYPES: Mapping[str, EventType] = {row.name: row for row in _ROWS}


def event_type(properties: Mapping[str, object]) -> EventType:
    """The row for an event; for an unknown type one that shows every property as it is."""
    name = as_text(properties.get("EventType")).strip()
    return EVENT_TYPES.get(name) or EventType(
        name,
        name or "Unknown module",
        subject=("Title", "Reason", "Description"),
        severity=severity.BY_WORD,
        rule=("Reason",),
    )
