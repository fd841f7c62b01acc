"""An event in OCSF, the Open Cybersecurity Schema Framework 1.5.0: a row for each type (https://schema.ocsf.io/1.5.0)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import REVERSE_FLOWS, flow
from deep_security_datadog.deep_security.verdicts import alert
from deep_security_datadog.values import first, integer, known

from .markdown import plain
from .request import Item

VERSION = "1.5.0"
# Of a text, in characters, and of an integer.
_LONGEST_TEXT, _MOST = 1000, 1 << 31

Fields: TypeAlias = dict[str, Any]
# A number of an enumeration and its caption.
Enum: TypeAlias = tuple[int, str]


class Class(NamedTuple):
    """activities: those of the class's own that events here have."""

    uid: int
    name: str
    category: str
    activities: tuple[Enum, ...]
    profiles: tuple[str, ...] = ("host",)


_UNKNOWN, _OTHER, _CREATE, _UPDATE, _CLOSE = (0, "Unknown"), (99, "Other"), (1, "Create"), (2, "Update"), (3, "Close")
_LOGON, _REFUSE, _TRAFFIC, _BLOCKED = (1, "Logon"), (5, "Refuse"), (6, "Traffic"), (2, "Blocked")
_CHANGES = {"created": _CREATE, "updated": (3, "Update"), "deleted": (4, "Delete"), "renamed": (5, "Rename")}

_WITH_CONTROL = ("host", "security_control")
FINDING = Class(2004, "Detection Finding", "Findings", (_CREATE, _UPDATE, _CLOSE), _WITH_CONTROL)
NETWORK = Class(4001, "Network Activity", "Network Activity", (_REFUSE, _TRAFFIC), _WITH_CONTROL)
FILE = Class(1001, "File System Activity", "System Activity", (*_CHANGES.values(), _UNKNOWN))
AUTHENTICATION = Class(3002, "Authentication", "Identity & Access Management", (_LOGON,))
BASE = Class(0, "Base Event", "Uncategorized", (_OTHER,))
CLASSES = (FINDING, NETWORK, FILE, AUTHENTICATION, BASE)

# By severity, from info to critical.
SEVERITIES = ((1, "Informational"), (2, "Low"), (3, "Medium"), (4, "High"), (5, "Critical"))
# By the action in lower case.
_DISPOSITIONS: Mapping[str, Enum] = {
    **dict.fromkeys(("deny", "block", "blocked", "read only", "access denied", "terminated"), _BLOCKED),
    **dict.fromkeys(("insert", "delete", "replace"), (7, "Custom Action")),
    "reset": (21, "Reset"), "quarantined": (3, "Quarantined"), "deleted": (5, "Deleted"), "cleaned": (11, "Corrected"),
    "log only": (17, "Logged"), "allowed": (1, "Allowed"),
}  # fmt: skip
_VERDICTS = ("AntiMalwareEvent", "PayloadLog", "WebReputationEvent", "AppControlEvent", "DeviceControlEvent")
# Of actions that are none of these; other types have no disposition.
_OTHER_DISPOSITIONS = {**dict.fromkeys((*_VERDICTS, "PacketLog"), _UNKNOWN), "AntiMalwareEvent": (13, "Uncorrected")}
_MALWARE: Mapping[int | None, Enum] = {
    1: (18, "Trojan"), 2: (19, "Virus"), 4: (17, "Spyware"), **dict.fromkeys((0, 3, 5, 7, 14), _OTHER)
}  # fmt: skip
_LOGONS = {"authentication_success": (1, "Success"), "authentication_failed": (2, "Failure")}
_DIRECTIONS: Mapping[int | None, Enum] = {0: (1, "Inbound"), 1: (2, "Outbound")}
_HASHES = {"sha256": (3, "SHA-256"), "sha1": (2, "SHA-1"), "md5": (1, "MD5")}
_HASH = re.compile(r"[0-9A-Fa-f]+")
# Of `1001251 - Disallow Web Proxy Autodiscovery Protocol`.
_RULE_ID = re.compile(r"\d{4,10}(?= - )")
# Class, activity, and what the class has besides what all have; None leaves the event to the next maker of its row.
_Made: TypeAlias = tuple[Class, Enum, Fields]
# Gets the event, the fields that all classes have, and the evidence.
_Maker: TypeAlias = Callable[[Event, Fields, Fields], _Made | None]


def ocsf_of(item: Item, log: Mapping[str, Any]) -> Fields:
    """The OCSF event. log: has the item's timestamp, message and standard attributes."""
    event, texts, host = item.event, item.event.texts, item.event.host
    metadata = known(
        uid=_short("-".join((event.place[0], texts.get("EventType", ""), first(texts, ("UniqueID", "EventID"))))),
        event_code=_code(event) or _text(event, "EventType"), tenant_uid=_text(event, "TenantID"),
        product={"name": "Deep Security", "vendor_name": "Trend Micro"}, version=VERSION,
    )  # fmt: skip
    device = known(hostname=_short(host.display), instance_uid=_short(host.instance_id), uid=_short(host.uid))
    common = {
        "time": int(event.time.timestamp() * 1000) if event.time else log["timestamp"], "message": log["message"],
        **_enum("severity", SEVERITIES[event.severity]),
        **known(
            metadata=metadata, device=device and device | _enum("type", _UNKNOWN),
            count=item.repeats.total if item.repeats else min(integer(texts.get("RepeatCount")) or 0, _MOST - 1),
        ),
    }  # fmt: skip
    evidence, name = _evidence(event, log), event.event_type.name
    made = next(filter(None, (maker(event, common, evidence) for maker in ROWS.get(name, ()))), (BASE, _OTHER, {}))
    found, (activity_id, activity), fields = made
    metadata["profiles"] = [*found.profiles]
    if found.profiles == _WITH_CONTROL:
        fields |= known(policy=known(name=_text(event, "HostSecurityPolicyName")))
        if other := _OTHER_DISPOSITIONS.get(name):
            detected = (15, "Detected") if event.detect_only else None
            fields |= _enum("disposition", detected or _DISPOSITIONS.get(event.action.lower(), other))
    return common | fields | {
        "class_uid": found.uid, "class_name": found.name,
        "category_uid": found.uid // 1000, "category_name": found.category,
        "activity_id": activity_id, "activity_name": activity,
        "type_uid": found.uid * 100 + activity_id, "type_name": f"{found.name}: {activity}",
    }  # fmt: skip


def _evidence(event: Event, log: Mapping[str, Any]) -> Fields:
    """What the event acted on."""
    network, user, texts = log.get("network", {}), log.get("usr", {}), event.texts
    ends = {name: network.get(end, {}) for name, end in (("src_endpoint", "client"), ("dst_endpoint", "destination"))}
    direction = integer(texts.get("Direction"))
    # Of the connection, as its ends are, not of the packet.
    if direction is not None and flow(texts) in REVERSE_FLOWS:
        direction = 1 - direction
    connection = _enum("direction", _DIRECTIONS.get(direction, _UNKNOWN))
    path, pid = _text(event, "ProcessName", "Process"), integer(texts.get("ProcessID"))
    return known(
        **{name: end for name, end in ends.items() if "ip" in end},
        connection_info="Direction" in texts
        and connection | known(protocol_name=_text(event, "ProtocolString").lower()),
        file=_file(event, log.get("file", {})),
        # The class of a process demands its number.
        process=pid is not None and 0 <= pid < _MOST and {"pid": pid, **known(name=_name(path), path=path)},
        user=known(name=user.get("name"), uid=user.get("id")),
        url=known(url_string=log.get("http", {}).get("url")),
    )


def _file(event: Event, file: Mapping[str, Any]) -> Fields:
    if not (path := file.get("path", "")):
        return {}
    hashes = [
        {**_enum("algorithm", _HASHES[name]), "value": value}
        for name, value in file.get("hash", {}).items()
        if _HASH.fullmatch(value)
    ]
    kind = (2, "Folder") if _text(event, "EntityType").lower() == "directory" else (1, "Regular File")
    return {"name": _name(path), "path": path, **_enum("type", kind), **known(hashes=hashes)}


def _finding(event: Event, common: Fields, evidence: Fields) -> _Made:
    analytic = known(name=_rule(event), uid=_code(event))
    analytic |= _enum("type", (1, "Rule")) if analytic else {}
    fields = _found(event, common, evidence, event.subject, (1, "New"), analytic=analytic)
    if name := _text(event, "MalwareName"):
        number, caption = _MALWARE.get(integer(event.texts.get("MajorVirusType")), _UNKNOWN)
        fields["malware"] = [{"name": name, "classification_ids": [number], "classifications": [caption]}]
    return FINDING, _CREATE, fields


def _alert(event: Event, common: Fields, evidence: Fields) -> _Made | None:
    if (found := alert(event.texts)) is None:
        return None
    going_on = _UPDATE if _code(event) == "191" else _CREATE
    activity, status = (_CLOSE, (4, "Resolved")) if found.has_ended else (going_on, (1, "New"))
    # The same for all that is said of one alert.
    uid = found.name and _short("-".join((*event.place, found.name)))
    return FINDING, activity, _found(event, common, evidence, found.name or _text(event, "Title"), status, uid=uid)


def _found(event: Event, common: Fields, evidence: Fields, title: str, status: Enum, **info: Any) -> Fields:
    """What a finding has, as those of Datadog's own pipelines do."""
    title = _short(title or event.event_type.module)
    info = {"uid": common["metadata"]["uid"], "title": title, **known(desc=_text(event, "Description"), **info)}
    fields = {"is_alert": True, **_enum("status", status), "finding_info": info}
    return fields | known(evidences=evidence and [evidence])


def _packet(event: Event, _: Fields, evidence: Fields) -> _Made | None:
    if not evidence.keys() & {"src_endpoint", "dst_endpoint"}:
        return None
    parts = {name: evidence.get(name) for name in ("src_endpoint", "dst_endpoint", "connection_info")}
    fields = known(**parts, firewall_rule=known(name=_rule(event)))
    return NETWORK, _REFUSE if event.action.lower() == "deny" else _TRAFFIC, fields


def _change(event: Event, common: Fields, evidence: Fields) -> _Made | None:
    """The class demands who did it, and where."""
    process = evidence.get("process")
    app_name = not process and _text(event, "ProcessName", "Process")
    actor = known(user=evidence.get("user"), process=process, app_name=app_name)
    is_file = _text(event, "EntityType").lower() in ("file", "directory")
    if not (actor and is_file and "file" in evidence and "device" in common):
        return None
    return FILE, _CHANGES.get(event.action.lower(), _UNKNOWN), {"file": evidence["file"], "actor": actor}


def _logon(event: Event, common: Fields, evidence: Fields) -> _Made | None:
    """One logon, or one attempt. Many attempts (`authentication_failures`) are a finding."""
    groups, host = event.texts.get("OSSEC_Groups", ""), common.get("device", {}).get("hostname")
    status = next((status for group, status in _LOGONS.items() if group in groups), None)
    if not (status and host and "user" in evidence):
        return None
    service = known(name=_text(event, "OSSEC_ProgramName"))
    fields = known(user=evidence["user"], src_endpoint=evidence.get("src_endpoint"), service=service)
    return AUTHENTICATION, _LOGON, fields | _enum("status", status) | {"dst_endpoint": {"hostname": host}}


# By type. The first that makes something counts; else it is a Base Event.
ROWS: Mapping[str, tuple[_Maker, ...]] = {
    # A verdict on an address is no HTTP Activity: for that the event would have to say what the request was. Nor is
    # application control a Process Activity: whether its process starts the file or was started from it is not said.
    **dict.fromkeys(_VERDICTS, (_finding,)),
    "PacketLog": (_packet,),
    # Registry, services, users, ports and so on have no class in common.
    "IntegrityEvent": (_change, _finding),
    "LogInspectionEvent": (_logon, _finding),
    # The manager's other events are of too many kinds for one class.
    "SystemEvent": (_alert,),
}


def _rule(event: Event) -> str:
    rule = event.event_type.tags.get("rule")
    return _short(rule(event.texts)) if rule else ""


def _code(event: Event) -> str:
    """The number of a rule, or of a system event."""
    number = _RULE_ID.match(_rule(event))
    return number[0] if number else _text(event, "OSSEC_RuleID", "BehaviorRuleId", "Number")


def _name(path: str) -> str:
    """The last part of it."""
    return path.replace("\\", "/").rpartition("/")[2] or path


def _enum(name: str, value: Enum) -> Fields:
    """The number, and the caption beside it."""
    return {f"{name}_id": value[0], name: value[1]}


def _text(event: Event, *names: str) -> str:
    return _short(first(event.texts, names))


def _short(text: str) -> str:
    return plain(text[:_LONGEST_TEXT])
