"""The event types as data: one row each. To support another type or property, add a row here and a sample.

Sources: reference deep-security-events, sections 2 and 3, and the vendor's "Events in JSON format" page,
https://docs.trendmicro.com/en-us/documentation/article/trend-vision-one-event-sns-json.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from . import severity
from .severity import CRITICAL, HIGH, INFO, LOW, MEDIUM, Severity, SeverityRule
from .values import as_text, integer

# An event's properties as `Event.texts` gives them: an absent name holds nothing.
Texts = Mapping[str, str]


class Fact(NamedTuple):
    """A line of the event's text: a label and the value from one or more properties, empty for none.

    `properties` are all that the value tells of, so that they are not listed again as "other".
    `value` is None where the one property is shown as it stands: most are, and need no call.
    """

    label: str
    properties: tuple[str, ...]
    value: Callable[[Texts], str] | None
    block: bool = False


@dataclass(frozen=True)
class EventType:
    """What is particular to a type.

    subject: the properties whose first non-empty one names what happened (rule, malware, title).
    detail: the properties whose first non-empty one the title adds in parentheses; empty = the action.
    rule: likewise for the tag `rule`; empty where the type has none.
    attributes: Datadog's standard log attribute to property.
    ranked: False where it is known that events of this type carry no rank (reference: deep-security-events, 2.2).
    """

    name: str
    module: str
    subject: tuple[str, ...]
    severity: SeverityRule
    facts: tuple[Fact, ...] = ()
    rule: tuple[str, ...] = ()
    action: Callable[[Texts], str] = lambda _: ""
    detect_only: Callable[[Texts], bool | None] = lambda _: None
    detail: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    ranked: bool = True

    @property
    def highest_severity(self) -> Severity:
        """The most severe that its table gives."""
        return max(level for _, level in self.severity.rows)

    @cached_property
    def slug(self) -> str:
        """The module as a tag value."""
        return self.module.lower().replace(" ", "_").replace("-", "_")

    @cached_property
    def told(self) -> frozenset[str]:
        """The properties that the facts tell of."""
        return frozenset(name for fact in self.facts for name in fact.properties)


def first(texts: Texts, names: tuple[str, ...]) -> str:
    """What the first of the names that holds something holds; empty when none does."""
    for name in names:
        if text := texts.get(name):
            return text
    return ""


def one(label: str, *names: str, block: bool = False) -> Fact:
    """The first of the named properties that holds something."""
    return Fact(label, names, None if len(names) == 1 else lambda texts: first(texts, names), block)


def enum(label: str, name: str, words: Mapping[int, str], twin: str = "") -> Fact:
    """A numbered property in words: the twin's, else the table's, else the number."""
    return Fact(label, (name, twin) if twin else (name,), _word(name, words, twin))


def _word(name: str, words: Mapping[int, str], twin: str = "") -> Callable[[Texts], str]:
    def value(texts: Texts) -> str:
        spelled = texts.get(twin)
        if spelled and spelled != "N/A":
            return spelled
        numbered = texts.get(name, "")
        known = integer(numbered) if numbered else None
        return numbered if known is None else words.get(known, numbered)

    return value


def endpoint(label: str, address: str, port: str, hardware: str = "") -> Fact:
    """Address and port as one, IPv6 in brackets, the hardware address behind."""

    def value(texts: Texts) -> str:
        ip, at, mac = texts.get(address, ""), texts.get(port, ""), texts.get(hardware, "")
        if not ip:
            return f"port {at}" if at else mac
        place = (f"[{ip}]:{at}" if ":" in ip else f"{ip}:{at}") if at else ip
        return f"{place} ({mac})" if mac else place

    return Fact(label, tuple(filter(None, (address, port, hardware))), value)


def repeated(label: str = "Repeat count") -> Fact:
    """How often, when more than once, and until when."""

    def value(texts: Texts) -> str:
        count, until = texts.get("RepeatCount", ""), texts.get("EndLogDate", "")
        return f"{count}, last at {until}" if count and until else count

    return Fact(label, ("RepeatCount", "EndLogDate"), value)


def _joined(label: str, template: str, *names: str) -> Fact:
    """Several properties in one line; the template's other text stays only when all are there."""

    def value(texts: Texts) -> str:
        values = [texts.get(name, "") for name in names]
        return template.format(*values) if all(values) else " ".join(filter(None, values))

    return Fact(label, names, value)


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

_network_action = _word("Action", _NETWORK_ACTIONS, "ActionString")


def _network_detect_only(texts: Texts) -> bool | None:
    action = integer(texts.get("Action"))
    if action is None:
        word = texts.get("ActionString", "").lower()
        return word.startswith("detect only") if word else None
    return action > 0x80


def _boolean(name: str) -> Callable[[Texts], bool | None]:
    def value(texts: Texts) -> bool | None:
        return {"true": True, "1": True, "false": False, "0": False}.get(texts.get(name, "").lower())

    return value


def _yes_no(label: str, decide: Callable[[Texts], bool | None], *names: str) -> Fact:
    words = {True: "yes", False: "no", None: ""}
    return Fact(label, names, lambda texts: words[decide(texts)])


def _scan_steps(texts: Texts) -> str:
    steps = []
    for step in (1, 2):
        action = integer(texts.get(f"ScanAction{step}"))
        result = integer(texts.get(f"ScanResultAction{step}"))
        if action:
            outcome = "" if result is None else ": done" if result == 0 else f": failed ({result})"
            steps.append(f"{_SCAN_ACTIONS.get(action, str(action))}{outcome}")
    return ", then ".join(steps)


def _full_path(texts: Texts) -> str:
    path, name = texts.get("Path", ""), texts.get("FileName", "")
    if not path or not name or path.endswith(("/", "\\")):
        return path + name
    return f"{path}{chr(92) if chr(92) in path else '/'}{name}"


def _operation(texts: Texts) -> str:
    return {1: "allowed", 2: "blocked"}.get(integer(texts.get("Operation")) or 0, "")


_NETWORK_FACTS = (
    enum("Direction", "Direction", _DIRECTIONS, "DirectionString"),
    enum("Protocol", "Protocol", _PROTOCOLS, "ProtocolString"),
    endpoint("Source", "SourceIP", "SourcePort", "SourceMAC"),
    endpoint("Destination", "DestinationIP", "DestinationPort", "DestinationMAC"),
    one("Forwarded for", "ForwardedSrc"),
    repeated(),
    _joined("Process", "{} (pid {})", "ProcessName", "ProcessID"),
    _joined("Container", "{} ({})", "ContainerName", "ContainerID"),
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
            _joined("Target", "{1} ({0})", "TargetType", "TargetName"),
            one("Caused by", "ActionBy"),
            _joined("Manager", "{} (node {})", "ManagerNodeName", "ManagerNodeID"),
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
        detect_only=_network_detect_only,
        facts=(
            one("Rule", "Reason"),
            enum("Action", "Action", _NETWORK_ACTIONS, "ActionString"),
            _yes_no("Detect only", _network_detect_only),
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
        detect_only=_network_detect_only,
        facts=(
            one("Rule", "Reason"),
            enum("Action", "Action", _NETWORK_ACTIONS, "ActionString"),
            _yes_no("Detect only", _network_detect_only),
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
            Fact("Actions", ("ScanAction1", "ScanResultAction1", "ScanAction2", "ScanResultAction2"), _scan_steps),
            one("File", "InfectedFilePath"),
            one("SHA-1", "FileSHA1"),
            enum("Scan", "ScanType", {0: "Real Time", 1: "Manual", 2: "Scheduled", 3: "Quick Scan"}, "ScanTypeString"),
            one("Scan configuration", "Reason"),
            one("Infection source", "InfectionSource"),
            one("Command line", "CommandLine"),
            _joined("Behavior", "{} (rule {})", "BehaviorType", "BehaviorRuleId"),
            _joined("Acted on", "{} ({})", "AMTarget", "AMTargetTypeString"),
            one("CVE", "Cve"),
            one("MITRE ATT&CK", "Mitre"),
            _joined("Container", "{} ({})", "ContainerName", "ContainerID"),
            one("Container image", "ContainerImageName"),
            one("File created", "CreationTime"),
            one("File modified", "ModificationTime"),
            _joined("Engine and pattern", "{} with {}", "EngineVersion", "PatternVersion"),
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
        action=lambda texts: _BLOCKED_OR_NOT[_boolean("DetectOnly")(texts)],
        detect_only=_boolean("DetectOnly"),
        facts=(
            one("URL", "URL"),
            enum("Risk", "Risk", {code: word for code, (word, _) in _RISKS.items()}, "RiskString"),
            one("Risk level (0 to 100)", "RiskLevel"),
            _yes_no("Detect only", _boolean("DetectOnly"), "DetectOnly"),
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
        action=_word("Change", _CHANGES, "ChangeString"),
        facts=(
            one("Rule", "Reason"),
            enum("Change", "Change", _CHANGES, "ChangeString"),
            _joined("What", "{} {}", "EntityType", "Key"),
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
            _joined("OSSEC rule", "{} (level {})", "OSSEC_RuleID", "OSSEC_Level"),
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
        action=_operation,
        detect_only=lambda texts: {1: True, 2: False}.get(integer(texts.get("Operation")) or 0),
        facts=(
            one("Action", "Action"),
            Fact("File", ("Path", "FileName"), _full_path),
            one("File size", "FileSize"),
            one("SHA-256", "SHA256"),
            one("SHA-1", "SHA1"),
            one("MD5", "MD5"),
            _joined("By user", "{} ({})", "UserName", "UserID"),
            _joined("By group", "{} ({})", "GroupName", "GroupID"),
            _joined("By process", "{} (pid {})", "ProcessName", "ProcessID"),
            enum("Block reason", "BlockReason", {0: "Unknown", 1: "Blocked by rule", 2: "Unrecognized software"}),
            one("Action reason", "ActionReasonDesc"),
            enum("Operation", "Operation", {0: "Unknown", 1: "Allowed", 2: "Blocked"}, "OperationDesc"),
            repeated(),
            enum(
                "Aggregated", "AggregationType", {0: "no", 1: "by file name, path and event type", 2: "by event type"}
            ),
        ),
        attributes={"usr.name": "UserName", "process.name": "ProcessName", "file.hash.sha256": "SHA256"},
        ranked=False,
    ),
    # Only the type's name is certain (reference, section 3.9): the properties below are guesses, and any others
    # are listed as they come.
    EventType(
        "DeviceControlEvent",
        "Device Control",
        subject=("DeviceName", "DeviceModel", "DeviceVendor"),
        severity=severity.by_number("DevicePermission", {0: ("Block", MEDIUM), 2: ("Read only", LOW)}),
        action=_word("DevicePermission", {0: "Block", 2: "Read only"}),
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
    """The row for an event; a type that is not in the table gets one of its own, which lists everything."""
    name = as_text(properties.get("EventType")).strip()
    return EVENT_TYPES.get(name) or EventType(
        name,
        name or "Unknown module",
        subject=("Title", "Reason", "Description"),
        severity=severity.BY_WORD,
        rule=("Reason",),
    )
