"""Who, where, what, and whether it was stopped: events as public recordings have them, and as attackers would."""

from datetime import UTC, datetime
from typing import Any

import pytest

from deep_security_datadog.datadog.attributes import standard_attributes
from deep_security_datadog.datadog.request import Context
from deep_security_datadog.datadog.tags import tags_of
from deep_security_datadog.datadog.text import in_markdown, title
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.fold import fold_key
from tests.support import item

MALWARE = {"EventType": "AntiMalwareEvent", "MalwareName": "Eicar", "Hostname": "web"}
LOGON = {"EventType": "LogInspectionEvent", "Reason": "Unix - Syslog", "Hostname": "web"}
SITE = {"EventType": "WebReputationEvent", "Risk": 4, "Hostname": "web"}
DEVICE = {"EventType": "DeviceControlEvent", "Device": "disk", "Vendor": "v", "Model": "m", "Serial": "s"}


def text(event: dict[str, Any]) -> str:
    return in_markdown(item(event), Context(now=datetime(2026, 1, 1, tzinfo=UTC)), 4000)


def tags(event: dict[str, Any]) -> list[str]:
    return tags_of(Event(event), account_id="", configured=())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Two computers that the manager knows by addresses, two managers of one topic, two sites without a URL.
        ({"Hostname": "10.0.0.5", "HostGUID": "A"}, {"Hostname": "10.0.0.5", "HostGUID": "B"}),
        ({"Hostname": "10.0.0.5", "HostAgentGUID": "A"}, {"Hostname": "10.0.0.5", "HostAgentGUID": "B"}),
        ({"TenantID": 0, "TenantGUID": "A"}, {"TenantID": 0, "TenantGUID": "B"}),
        ({"CommandLine": "net use P4ssw0rd"}, {"CommandLine": "net use P4ssw0rt"}),
        (SITE | {"TargetIP": "192.0.2.1"}, SITE | {"TargetIP": "192.0.2.2"}),
        (DEVICE, DEVICE | {"Serial": "t"}),
    ],
)
def test_these_are_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    identities = {Event(MALWARE | each).identity for each in (one, other)}
    assert len(identities) == 2 and None not in identities


def test_two_hosts_of_one_name_are_not_folded() -> None:
    one, other = (Event(MALWARE | {"HostGUID": guid}) for guid in "AB")
    assert fold_key(one) != fold_key(other)


def test_a_host_without_a_name_is_a_host_in_datadog() -> None:
    assert Event({"HostGUID": "A"}).host.id == "A"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (LOGON | {"OSSEC_SourceIP": "::ffff:203.0.113.9"}, {"network": {"client": {"ip": "203.0.113.9"}}}),
        (LOGON | {"OSSEC_URL": "/home/alice"}, {}),
        (LOGON | {"OSSEC_URL": "http://a.example/"}, {"http": {"url": "http://a.example/"}}),
        (SITE | {"URL": "user:secret@bad.example/x"}, {"http": {"url": "bad.example/x"}}),
        (SITE | {"URL": "//user:secret@bad.example/x"}, {"http": {"url": "//bad.example/x"}}),
        (SITE | {"URL": "http://bad.example/a@b"}, {"http": {"url": "http://bad.example/a%40b"}}),
        (
            MALWARE | {"AMTarget": "C:\\x.exe", "AMTargetTypeString": "File System"},
            {"file": {"path": "C:\\x.exe"}},
        ),
        (
            MALWARE | {"AMTarget": "C:\\x.exe", "AMTargetType": 3, "AMTargetTypeString": "ファイル"},
            {"file": {"path": "C:\\x.exe"}},
        ),
        (MALWARE | {"AMTarget": "HKLM\\Run", "AMTargetTypeString": "Registry"}, {}),
        (MALWARE | {"AMTarget": "Multiple", "AMTargetType": 3}, {}),
        ({"EventType": "IntegrityEvent", "IsHash": "AB"}, {"file": {"hash": {"sha1": "AB"}}}),
    ],
)
def test_attributes(event: dict[str, Any], expected: dict[str, Any]) -> None:
    found = standard_attributes(Event(event))
    found.get("network", {}).pop("destination", None)
    assert {name: value for name, value in found.items() if value} == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (DEVICE | {"Permission": 0}, "[Medium] Device Control: disk (Block)"),
        (SITE | {"TargetIP": "192.0.2.7"}, "[Critical] Web Reputation: 192.0.2.7 on web"),
        (
            SITE | {"URL": "http://[2001:DB8:0::BAD]:81/"},
            "[Critical] Web Reputation: [2001:db8::bad]:81 on web",
        ),
        (
            {"EventType": "PayloadLog", "Reason": "R", "Severity": 4, "Action": "0x82"},
            "[Critical] Intrusion Prevention: R (Detect Only: Reset)",
        ),
    ],
)
def test_title(event: dict[str, Any], expected: str) -> None:
    assert title(Event(event)) == expected


@pytest.mark.parametrize(
    ("event", "shown", "hidden"),
    [
        (MALWARE | {"CommandLine": "net use P4ssw0rd"}, "- Command line: `net use P4ssw0rd`", "Other properties"),
        (SITE | {"URL": "http://u:secret@bad.example/"}, "- URL: `http[:]//bad.example/`", "secret"),
        (MALWARE | {"ProcessName": "/tmp/nc", "ProcessID": 44}, "- Process: `/tmp/nc (pid 44)`", "By process"),
        (MALWARE | {"Process": "/tmp/nc", "ProcessID": 44}, "- Process: `/tmp/nc (pid 44)`", "By process"),
        (MALWARE | {"Process": "nc", "ProcessName": "/bin/nc"}, "- Process: `/bin/nc or nc`", "By process"),
        (MALWARE | {"Process": "nc", "ProcessID": 0, "ModificationTime": 0}, "- Process: `nc`", "modified"),
        (
            {"EventType": "PacketLog", "SourceIP": "192.0.2.1", "SourcePort": 0, "SourceMAC": "00:00:00:00:00:00"},
            "- Source: `192.0.2.1`",
            "00:00",
        ),
        (DEVICE, "- Serial number: `s`", "Other properties"),
        (DEVICE | {"DeviceType": 0}, "- Serial number: `s`", "Device type"),
        # As the vendor's example has it, but for the names.
        (
            MALWARE
            | {"AMTarget": "VDSO memory", "AMTargetCount": 1, "AMTargetType": 7, "AMTargetTypeString": "Memory"},
            "- Acted on: `VDSO memory (number: 1)`\n- Target type: `Memory`",
            "Other properties",
        ),
        (MALWARE | {"MajorVirusType": 14, "EventID": 0, "UniqueID": "u"}, "- Kind: `Suspicious Activity`", "Event id"),
        (
            {
                "EventType": "PacketLog",
                "Protocol": 3,
                "Frame": -1,
                "Interface": "",
                "InterfaceType": 1,
                "ThreadID": "9",
            },
            "- Protocol: `GGP`\n- Thread: `9`\n- Interface type: `Virtual`",
            "Frame",
        ),
        ({"EventType": "PacketLog", "Protocol": -1, "Frame": 2048}, "- Frame: `IP`", "Protocol"),
        ({"EventType": "PacketLog", "InterfaceType": 7, "Interface": "m"}, "- Interface: `m`", "type"),
        ({"EventType": "AppControlEvent", "Reason": "Rule set 1"}, "- Rule: `Rule set 1`", "Other properties"),
        ({"EventType": "PayloadLog", "ForwardedSrc": [*b"203.0.113.9"]}, "- Forwarded for: `203.0.113.9`", "Other"),
        ({"EventType": "PayloadLog", "ForwardedSrc": "MjAzLjAuMTEzLjE5OQ=="}, "`decoded: 203.0.113.199`", "MjAz"),
        ({"EventType": "PayloadLog", "Note": [*b"`@all`"]}, "- Note: ", "[96"),
        (
            {"EventType": "PayloadLog", "PacketData": "R0VUIC9pbmRleC5o\r\ndG1sIEhUVFAvMS4x"},
            "decoded: GET /index.html HTTP/1.1",
            "R0VUIC9",
        ),
    ],
)
def test_text(event: dict[str, Any], shown: str, hidden: str) -> None:
    found = text(event)
    assert shown in found and hidden not in found


def test_a_note_of_bytes_has_its_tags() -> None:
    assert "cve:cve-2007-5355" in tags({"EventType": "PayloadLog", "Note": [*b"CVE-2007-5355"]})


def test_what_may_hold_a_secret_is_in_no_tag_and_no_key() -> None:
    event = MALWARE | {"CommandLine": "net use P4ssw0rd", "BehaviorType": "B"}
    assert not any("p4ss" in tag for tag in tags(event))
    assert "P4ss" not in str(Event(event).identity)
