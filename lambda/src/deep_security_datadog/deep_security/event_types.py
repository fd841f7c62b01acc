"""The event types as data, from docs/reference/deep-security-events.md. To add a type: CONTRIBUTING.md."""

from collections.abc import Mapping
from functools import partial

from deep_security_datadog.values import Texts, integer, meaningful

from . import facts, severity, verdicts
from .facts import EventType, Fact, each, endpoint, enum, first_of, full_path, joined, named, one, url_place, word
from .severity import CRITICAL, HIGH, LOW, MEDIUM, by_number, by_rank

# Numbers that mean "unknown" have an empty word: they are no value.
_DIRECTIONS = {0: "Incoming", 1: "Outgoing"}
_PROTOCOLS = {
    -1: "", 1: "ICMP", 2: "IGMP", 3: "GGP", 6: "TCP", 12: "PUP", 17: "UDP", 22: "IDP", 58: "ICMPv6", 77: "ND",
    255: "RAW",
}  # fmt: skip
_FRAMES = {-1: "", 2048: "IP", 2054: "ARP", 32821: "REVARP", 33169: "NETBEUI", 34525: "IPv6"}
_PAYLOAD_FLAGS = {
    1: "data truncated", 2: "log overflowed after this", 4: "suppressed after this", 8: "has data",
    16: "refers to earlier data",
}  # fmt: skip
_FLOWS = {-1: "Not Applicable", 0: "Connection Flow", 1: "Reverse Flow"}
REVERSE_FLOWS = (_FLOWS[1], "REV")
_VIRUS_TYPES = {
    0: "Joke", 1: "Trojan", 2: "Virus", 3: "Test", 4: "Spyware", 5: "Packer", 6: "Generic", 7: "Other",
    14: "Suspicious Activity",
}  # fmt: skip
_TARGET_TYPES = {
    0: "", 1: "Process", 2: "Registry", 3: "File System", 4: "Invoke", 5: "Exploit", 6: "API", 7: "Memory",
    8: "Network Connection", 9: "Uncategorized",
}  # fmt: skip
_CHANGES = {1: "Created", 2: "Updated", 3: "Deleted", 4: "Renamed"}
_RISKS = {
    2: ("Suspicious", MEDIUM), 3: ("Highly Suspicious", HIGH), 4: ("Dangerous", CRITICAL), 5: ("Untested", LOW),
    6: ("Blocked by Administrator", MEDIUM),
}  # fmt: skip
_AGGREGATIONS = {0: "no", 1: "by file name, path and event type", 2: "by event type"}
_PERMISSIONS = {0: "Block", 2: "Read only"}
_SEVERITIES = {1: ("Low", LOW), 2: ("Medium", MEDIUM), 3: ("High", HIGH), 4: ("Critical", CRITICAL)}
_OSSEC_LEVELS = {level: ("", (LOW, MEDIUM, HIGH, CRITICAL)[level // 4]) for level in range(16)}
flow = word("Flow", _FLOWS, "FlowString")
target_type = word("AMTargetType", _TARGET_TYPES, "AMTargetTypeString")
_application_rule = word("Action", {})
_url_detect_only = facts.boolean("DetectOnly")


def _process(texts: Texts) -> str:
    names = " or ".join(dict.fromkeys(filter(None, map(texts.get, ("ProcessName", "Process")))))
    return facts.all_of("{} (pid {})", "name", "pid")({"name": names, "pid": texts.get("ProcessID", "")})


# Who did it, and where below the host (`facts.BELOW_HOST` has the tags): any type may say it.
_WHO_AND_WHERE = (
    joined("User", "{} ({})", "UserName", "UserID"),
    facts.unless_in("Account", "User", "UserName"),
    joined("Group", "{} ({})", "GroupName", "GroupID"),
    Fact("Process", ("ProcessName", "Process", "ProcessID"), _process),
    one("Thread", "ThreadID"),
    joined("Container", "{} ({})", "ContainerName", "ContainerID"),
    one("Container image", "ContainerImageName"),
    facts.unless_in("Image", "ImageName", "ContainerImageName"),
    joined("Image id", "{} ({})", "ImageID", "ImageDigest"),
    one("Pod", "PodID"),
    one("Forwarded for", "ForwardedSrc", facts.packet_data),
    one("Note", "Note", facts.packet_data, block=True),
)
_RULE_FACTS = (
    one("Rule", "Reason"),
    enum("Action", "Action", verdicts.NETWORK_ACTIONS, "ActionString"),
    facts.yes_no("Detect only", verdicts.network_detect_only),
)
_REPEAT_COUNT = Fact("Repeat count", ("RepeatCount", "EndLogDate"), facts.repeat_count)
_NETWORK_FACTS = (
    enum("Direction", "Direction", _DIRECTIONS, "DirectionString"),
    enum("Protocol", "Protocol", _PROTOCOLS, "ProtocolString"),
    endpoint("Source", "SourceIP", "SourcePort", "SourceMAC"),
    endpoint("Destination", "DestinationIP", "DestinationPort", "DestinationMAC"),
    _REPEAT_COUNT,
    *_WHO_AND_WHERE,
    one("Packet flags", "Flags"),
    enum("Flow", "Flow", _FLOWS, "FlowString"),
    enum("Frame", "Frame", _FRAMES, "FrameString"),
    one("Interface", "Interface"),
    enum("Interface type", "InterfaceType", {0: "Physical", 1: "Virtual", 7: ""}),
)


def _alert_name(texts: Texts) -> str:
    found = verdicts.alert(texts)
    return found.name if found and integer(found.name) is None else ""


def _system_event_subject(texts: Texts) -> str:
    return ": ".join(filter(None, (named("Title")(texts), _alert_name(texts)))) or texts.get("Description", "")


def _scan_result(texts: Texts) -> str:
    return facts.with_original_word(verdicts.scan_result(texts), texts.get("ScanResultString", ""))


def _target(texts: Texts) -> str:
    """What a system event is about, if that is no computer: a computer is the event's host."""
    return "" if texts.get("TargetType") == "Host" else texts.get("TargetName", "")


_DEVICE = named("DeviceName", "Device", "DeviceModel", "Model", "DeviceVendor", "Vendor")

_PACKET_LOG = EventType(
    "PacketLog",
    "Firewall",
    subject=named("Reason"),
    severity=severity.of_firewall,
    tags={"rule": named("Reason")},
    identity=("rule",),
    action=word("Action", verdicts.NETWORK_ACTIONS, "ActionString"),
    detect_only=verdicts.network_detect_only,
    facts=(*_RULE_FACTS, *_NETWORK_FACTS, one("Packet size", "PacketSize")),
)

_ROWS = (
    EventType(
        "SystemEvent",
        "System",
        subject=_system_event_subject,
        severity=severity.of_system_event,
        tags={"rule": named("Title"), "event_number": first_of("Number"), "finding": _alert_name, "target": _target},
        identity=("rule", "event_number", "finding", "target"),
        detail=_target,
        facts=(
            *each({"Event": "Title", "Event number": "Number"}),
            one("Description", "Description", verdicts.with_line_breaks, block=True),
            joined("Target", "{1} ({0})", "TargetType", "TargetName"),
            one("Target id", "TargetID"),
            joined("Caused by", "{} (id {})", "ActionBy", "AdministratorID"),
            *_WHO_AND_WHERE,
            joined("Manager", "{} (node {})", "ManagerNodeName", "ManagerNodeID"),
        ),
    ),
    _PACKET_LOG,
    _PACKET_LOG._replace(
        name="PayloadLog",
        module="Intrusion Prevention",
        severity=by_number("Severity", _SEVERITIES, "SeverityString", by_rank),
        facts=(
            *_RULE_FACTS,
            one("Application type", "ApplicationType"),
            *_NETWORK_FACTS,
            one("Packet data", "PacketData", facts.packet_data, block=True),
            one("Payload flags", "PayloadFlags", partial(facts.bits, words=_PAYLOAD_FLAGS)),
        ),
    ),
    EventType(
        "AntiMalwareEvent",
        "Anti-Malware",
        subject=named("MalwareName", "BehaviorType", "BehaviorRuleId"),
        severity=severity.of_malware,
        # One infected file must not hide another: each has to be cleaned up. Behavior is what did what to what.
        tags={
            "rule": named("MalwareName", "BehaviorRuleId"),
            "file": first_of("InfectedFilePath"),
            "behavior": facts.all_of("{} {}", "BehaviorType", "BehaviorRuleId"),
            "target": first_of("AMTarget"),
            "process": first_of("ProcessName", "Process"),
        },
        identity=("rule", "file", "behavior", "target", "process", facts.hashed("CommandLine")),
        action=verdicts.scan_result,
        facts=(
            one("Malware", "MalwareName"),
            enum("Kind", "MajorVirusType", _VIRUS_TYPES, "MajorVirusTypeString"),
            Fact("Result", ("ScanResultString",), _scan_result),
            Fact("Actions", ("ScanAction1", "ScanResultAction1", "ScanAction2", "ScanResultAction2"), verdicts.steps),
            *each({"File": "InfectedFilePath", "SHA-256": "FileSHA256", "SHA-1": "FileSHA1", "MD5": "FileMD5"}),
            enum("Scan", "ScanType", {0: "Real Time", 1: "Manual", 2: "Scheduled", 3: "Quick Scan"}, "ScanTypeString"),
            *each(
                {"Scan configuration": "Reason", "Infection source": "InfectionSource", "Command line": "CommandLine"}
            ),
            joined("Behavior", "{} (rule {})", "BehaviorType", "BehaviorRuleId"),
            joined("Acted on", "{} (number: {})", "AMTarget", "AMTargetCount"),
            enum("Target type", "AMTargetType", _TARGET_TYPES, "AMTargetTypeString"),
            *each({"CVE": "Cve", "MITRE ATT&CK": "Mitre"}),
            *_WHO_AND_WHERE,
            enum("Reached by", "Protocol", {0: "Local file"}),
            one("File created", "CreationTime", facts.moment),
            one("File modified", "ModificationTime", facts.moment),
            joined("Engine and pattern", "{} with {}", "EngineVersion", "PatternVersion"),
            one("Scan error", "ErrorCode", lambda text: text.lstrip("0")),
        ),
    ),
    EventType(
        "WebReputationEvent",
        "Web Reputation",
        subject=lambda texts: facts.with_port(*url_place(texts)[:2]),
        severity=by_number("Risk", _RISKS, "RiskString", by_rank),
        # Pages of one site are one finding.
        tags={"url_host": lambda texts: url_place(texts).host, "url_port": lambda texts: url_place(texts).port},
        identity=("url_host", "url_port"),
        action=lambda texts: {True: "detect only", False: "blocked", None: ""}[_url_detect_only(texts)],
        detect_only=_url_detect_only,
        facts=(
            one("URL", "URL", facts.without_credentials),
            enum("Risk", "Risk", {code: word for code, (word, _) in _RISKS.items()}, "RiskString"),
            one("Risk level (0 to 100)", "RiskLevel"),
            facts.yes_no("Detect only", _url_detect_only, "DetectOnly"),
            enum("Category", "DetectionCategory", {12: "User Defined", 13: "Custom", 91: "Global"}),
            one("Target address", "TargetIP"),
            *_WHO_AND_WHERE,
        ),
    ),
    EventType(
        "IntegrityEvent",
        "Integrity Monitoring",
        subject=lambda texts: named("Reason")(texts) or texts.get("Key", ""),
        severity=by_number("Severity", _SEVERITIES, "SeverityString", by_rank),
        # A rule watches many files: a change of /bin/ls must not hide one of /usr/sbin/sshd.
        tags={"rule": named("Reason"), "entity": first_of("Key")},
        identity=("rule", "entity"),
        detail=first_of("Key"),
        action=word("Change", _CHANGES, "ChangeString"),
        facts=(
            one("Rule", "Reason"),
            enum("Change", "Change", _CHANGES, "ChangeString"),
            joined("What", "{} {}", "EntityType", "Key"),
            *_WHO_AND_WHERE,
            one("SHA-1 after the change", "IsHash"),
            one("Description", "Description", block=True),
        ),
    ),
    EventType(
        "LogInspectionEvent",
        "Log Inspection",
        subject=named("OSSEC_Description", "Reason"),
        severity=by_number("OSSEC_Level", _OSSEC_LEVELS, "SeverityString", by_rank),
        # The rule is a family, such as "Microsoft Windows Events".
        tags={"rule": named("Reason"), "ossec_rule": first_of("OSSEC_RuleID"), "finding": named("OSSEC_Description")},
        identity=("rule", "ossec_rule", "finding"),
        action=word("OSSEC_Action", {}),
        facts=(
            *each({"Finding": "OSSEC_Description", "Rule": "Reason"}),
            joined("OSSEC rule", "{} (level {})", "OSSEC_RuleID", "OSSEC_Level"),
            one("Log entry", "OSSEC_FullLog", block=True),
            facts.unless_in("Log message", "OSSEC_Log", "OSSEC_FullLog", block=True),
            *each({"Log": "OSSEC_Location", "Program": "OSSEC_ProgramName"}),
            endpoint("Source", "OSSEC_SourceIP", "OSSEC_SourcePort"),
            one("Source user", "OSSEC_SourceUser"),
            endpoint("Destination", "OSSEC_DestinationIP", "OSSEC_DestinationPort"),
            *each({"Destination user": "OSSEC_DestinationUser", "Protocol": "OSSEC_Protocol"}),
            *each({"Action": "OSSEC_Action", "Status": "OSSEC_Status", "Command": "OSSEC_Command"}),
            one("Path or URL", "OSSEC_URL", facts.without_credentials),
            *each({"Data": "OSSEC_Data", "Log event id": "OSSEC_ID", "System": "OSSEC_SystemName"}),
            *each({"Host in the log": "OSSEC_Hostname", "Groups": "OSSEC_Groups"}),
            *_WHO_AND_WHERE,
        ),
    ),
    EventType(
        "AppControlEvent",
        "Application Control",
        subject=lambda texts: _application_rule(texts) or texts.get("FileName", ""),
        severity=lambda texts: {"blocked": MEDIUM, "allowed": LOW}.get(verdicts.application_outcome(texts)),
        tags={"rule": _application_rule, "file": full_path},
        identity=("rule", "file"),
        detail=first_of("FileName"),
        action=lambda texts: verdicts.application_outcome(texts) or word("Operation", {0: ""}, "OperationDesc")(texts),
        detect_only=lambda texts: {"allowed": True, "blocked": False}.get(verdicts.application_outcome(texts)),
        facts=(
            *each({"Action": "Action", "Rule": "Reason"}),
            Fact("File", ("Path", "FileName"), full_path),
            *each({"File size": "FileSize", "SHA-256": "SHA256", "SHA-1": "SHA1", "MD5": "MD5"}),
            *_WHO_AND_WHERE,
            enum("Block reason", "BlockReason", {0: "", 1: "Blocked by rule", 2: "Unrecognized software"}),
            *each({"Action reason": "ActionReasonDesc", "Rule set": "ACRulesetID"}),
            enum("Operation", "Operation", {0: "", 1: "Allowed", 2: "Blocked"}, "OperationDesc"),
            _REPEAT_COUNT,
            enum("Aggregated", "AggregationType", _AGGREGATIONS),
        ),
    ),
    # The vendor's table lacks it, so its names are guesses (docs/reference/deep-security-events.md#device-control).
    EventType(
        "DeviceControlEvent",
        "Device Control",
        subject=_DEVICE,
        # No default ranks are known, so a rank says nothing about the severity.
        severity=by_number("DevicePermission", {0: ("Block", MEDIUM), 2: ("Read only", LOW)}, "Permission"),
        tags={"device_name": _DEVICE, "device_serial": first_of("DeviceSerial", "Serial")},
        identity=("device_name", "device_serial"),
        action=word("DevicePermission", _PERMISSIONS, "Permission"),
        facts=(
            joined("Device", "{} ({})", "DeviceName", "Device"),
            enum("Permission", "DevicePermission", _PERMISSIONS, "Permission"),
            enum("Device type", "DeviceType", {0: "", 1: "USB storage device", 2: "Mobile device"}),
            joined("Vendor", "{} ({})", "DeviceVendor", "Vendor"),
            joined("Model", "{} ({})", "DeviceModel", "Model"),
            joined("Serial number", "{} ({})", "DeviceSerial", "Serial"),
            Fact("Target file", ("Path", "FileName"), full_path),
            *_WHO_AND_WHERE,
        ),
    ),
    EventType("TestSNS", "Test notification", subject=first_of(), severity=lambda _: severity.INFO),
)

EVENT_TYPES: Mapping[str, EventType] = {row.name: row for row in _ROWS}


# What any type may say: the rows' facts, but for the properties whose meaning depends on the type.
_GENERAL_FACTS = (
    *each({"Event": "Title", "Reason": "Reason"}),
    joined("Action", "{} ({})", "ActionString", "Action"),
    joined("Protocol", "{} ({})", "ProtocolString", "Protocol"),
    one("Description", "Description", block=True),
)
for _fact in (fact for row in _ROWS for fact in row.facts):
    if _fact.properties and not {*_fact.properties} & {name for fact in _GENERAL_FACTS for name in fact.properties}:
        _GENERAL_FACTS += (_fact,)


def event_type(properties: Mapping[str, object]) -> EventType:
    """The row for an event; for an unknown type one that shows whatever is known of other types."""
    name = meaningful("EventType", properties.get("EventType"))
    return EVENT_TYPES.get(name) or EventType(
        name,
        name or "Unknown module",
        subject=named("Title", "Reason", "MalwareName", "OSSEC_Description", "Description"),
        severity=severity.of_unknown,
        facts=_GENERAL_FACTS,
        tags={
            "rule": named("Reason", "MalwareName"),
            "finding": named("Title", "OSSEC_Description"),
            "target": first_of("TargetName"),
            "file": lambda texts: texts.get("InfectedFilePath") or full_path(texts),
            "entity": first_of("Key"),
            "url_host": lambda texts: url_place(texts).host,
        },
        identity=("rule", "finding", "target", "file", "entity", "url_host"),
        action=word("Action", {}, "ActionString"),
    )
