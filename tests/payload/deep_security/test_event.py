"""One event: its host, severity, rank and time, whatever it holds."""

from typing import Any

import pytest

from deep_security_datadog.deep_security.event import Event, Host
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.deep_security.facts import first_of


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("10.0.5.82 (web) [i-0abc]", Host("10.0.5.82", "web", "i-0abc")),
        ("10.0.5.82 () [i-0abc]", Host("10.0.5.82", "", "i-0abc")),
        ("10.0.5.82 () []", Host("10.0.5.82", "", "")),
        ("127.0.0.1 (EC2AMAZ-X) [ws-abc123]", Host("127.0.0.1", "EC2AMAZ-X", "ws-abc123")),
        ("ubuntu", Host("ubuntu", "", "")),
        ("2001:db8::1", Host("2001:db8::1", "", "")),
        ("2001:db8::1 (db) [i-1]", Host("2001:db8::1", "db", "i-1")),
        ("web (blue) (green) [i-1]", Host("web", "blue) (green", "i-1")),
        ("", Host("", "", "")),
    ],
)
def test_a_display_name_is_name_label_and_instance(shown: str, expected: Host) -> None:
    assert Host.from_display_name(shown) == expected


@pytest.mark.parametrize(
    ("host", "identifier", "display"),
    [
        (Host("10.0.5.82", "web", "i-1"), "i-1", "web"),
        (Host("web.example.com", "web", ""), "web.example.com", "web"),
        (Host("10.0.5.82", "web", ""), "web", "web"),
        (Host("10.0.5.82", "", "i-1"), "i-1", "10.0.5.82"),
        # A name rather than an address, whichever comes first.
        (Host("APP-NEW", "192.0.2.61", ""), "APP-NEW", "APP-NEW"),
        (Host("192.0.2.62", "APP-OLD", ""), "APP-OLD", "APP-OLD"),
        (Host("192.0.2.62", "2001:db8::1", ""), "192.0.2.62", "2001:db8::1"),
        (Host("", "", "i-1"), "i-1", "i-1"),
        # Without a name it is shown by its address.
        (Host("", "", "", "192.0.2.63", "GUID"), "192.0.2.63", "192.0.2.63"),
        (Host("192.0.2.62", "", "", "192.0.2.63", "GUID"), "192.0.2.62", "192.0.2.62"),
        # An identifier rather than what every computer calls itself.
        (Host("localhost", "", "", "192.0.2.63", "GUID"), "192.0.2.63", "192.0.2.63"),
        (Host("127.0.0.1", "localhost.localdomain", "", "", "GUID"), "GUID", "computer GUID"),
        (Host("::1", "", "i-1", "127.0.0.1"), "i-1", "i-1"),
        (Host("localhost6.localdomain6"), "", "localhost6.localdomain6"),
        (Host("localhost.example.com"), "localhost.example.com", "localhost.example.com"),
        (Host(uid="7"), "7", "computer 7"),
        (Host(), "", ""),
    ],
)
def test_names_of_a_host(host: Host, identifier: str, display: str) -> None:
    assert (host.id, host.display) == (identifier, display)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Hostname": "a (b) [i-old]", "HostInstanceID": "i-new"}, Host("a", "b", "i-new")),
        ({"Hostname": "a (b) [i-old]", "HostInstanceID": " "}, Host("a", "b", "i-old")),
        ({"HostInstanceID": "i-new"}, Host("", "", "i-new")),
        # A system event is about its target, if that is a computer.
        ({"TargetType": "Host", "TargetName": "a (b) [i-1]"}, Host("a", "b", "i-1")),
        ({"TargetType": "AmazonAccount", "TargetName": "x"}, Host()),
        ({"Hostname": "a", "TargetType": "Host", "TargetName": "b"}, Host("a")),
        ({"HostGUID": "G", "HostID": 7, "HostLastIPUsed": "192.0.2.1"}, Host("", "", "", "192.0.2.1", "G")),
        ({"HostID": 7}, Host(uid="7")),
        ({"TargetType": "Host", "TargetName": "Unknown Computer", "TargetID": 7}, Host(uid="7")),
        ({"TargetType": "User", "TargetID": 7}, Host()),
        ({"Hostname": "Unknown Computer"}, Host()),
        ({"Hostname": "Unknown Computer (192.0.2.1)"}, Host("", "192.0.2.1")),
    ],
)
def test_the_host_is_the_computer_that_an_event_is_about(properties: dict[str, Any], expected: Host) -> None:
    assert Event(properties).host == expected


def test_texts_are_the_properties_that_hold_something() -> None:
    properties = {"Reason": " r ", "Port": 0, "Flag": False, "Tags": {"a": 1}, "Empty": "", "Blank": " ", "None": None}
    properties |= {"User": "N/A", "OSSEC_URL": "-"}
    assert Event(properties).texts == {"Reason": "r", "Port": "0", "Flag": "false", "Tags": '{"a":1}'}


PACKET = {"EventType": "PacketLog", "TenantID": 0, "Hostname": "web", "Reason": "R"}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (PACKET, ("0", "PacketLog", "web", "R")),
        ({"EventType": "NewEvent", "TenantName": "Blue", "Title": "T"}, ("Blue", "NewEvent", "", "", "T", *[""] * 4)),
        # Nothing says what happened.
        *((properties, None) for properties in ({"EventType": "PacketLog", "Hostname": "web"}, {})),
        *(({"EventType": name}, None) for name in ("TestSNS", "WebReputationEvent")),
    ],
)
def test_the_identity_is_where_and_what(properties: dict[str, Any], expected: tuple[str, ...] | None) -> None:
    assert Event(properties).identity == expected


IDENTITIES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "PacketLog": (
        PACKET,
        [{"Reason": "other"}],
        [{"EventID": 7, "LogDate": "2024-05-14T09:40:00Z", "SourceIP": "::1"}],
    ),
    "PayloadLog": (PACKET, [{"Reason": "other"}], [{"EventID": 7, "DestinationPort": 22}]),
    "WebReputationEvent": (
        {"URL": "http://one.example/a"},
        [{"URL": "http://two.example/a"}, {"URL": "http://one.example:81/a"}],
        [{"URL": "http://one.example/b?c"}],
    ),
    "IntegrityEvent": ({"Reason": "R", "Key": "/bin/ls"}, [{"Key": "/usr/sbin/sshd"}], [{"Process": "yum"}]),
    "LogInspectionEvent": (
        {"Reason": "R", "OSSEC_RuleID": 1, "OSSEC_Description": "a"},
        [{"OSSEC_RuleID": 2}, {"OSSEC_Description": "b"}],
        [{"OSSEC_Log": "b"}],
    ),
    "SystemEvent": (
        {"Title": "T", "Number": 190, "Description": "Alert: A", "TargetType": "AmazonAccount", "TargetName": "one"},
        [{"Description": "Alert: B"}, {"Number": 192}, {"TargetName": "two"}],
        [{"ActionBy": "admin"}],
    ),
    # Behavior is what did what to what.
    "AntiMalwareEvent": (
        {"MalwareName": "M", "InfectedFilePath": "/a", "BehaviorType": "Exploit"},
        [{name: "other"} for name in ("InfectedFilePath", "BehaviorType", "BehaviorRuleId", "AMTarget")]
        + [{name: "other"} for name in ("ProcessName", "CommandLine")],
        [{"ScanAction1": 3}],
    ),
    "AppControlEvent": ({"Action": "A", "FileName": "x", "Path": "/a"}, [{"Path": "/b"}], [{"UserName": "root"}]),
    "DeviceControlEvent": ({"DeviceName": "D", "DeviceSerial": "1"}, [{"DeviceSerial": "2"}], [{"UserName": "root"}]),
    "NewEvent": (
        {"Title": "T", "Reason": "R"},
        [{name: "other"} for name in ("Reason", "Title", "TargetName", "FileName", "InfectedFilePath", "Key", "URL")],
        [{"Note": "other"}],
    ),
}


@pytest.mark.parametrize("name", [*sorted(set(EVENT_TYPES) - {"TestSNS"}), "NewEvent"])
def test_what_tells_events_of_a_type_apart(name: str) -> None:
    event, others, same = IDENTITIES[name]
    identity = Event({"EventType": name, **event}).identity
    assert identity is not None
    for change in others:
        assert Event({"EventType": name, **event, **change}).identity != identity, change
    for change in same:
        assert Event({"EventType": name, **event, **change}).identity == identity, change


PLACES: list[dict[str, Any]] = [
    *({name: value} for name, value in (("TenantID", 1), ("TenantName", "x"), ("TenantGUID", "y"))),
    *(
        {"Hostname": name, "HostGUID": f"guid of {name}"}
        for name in ("a", "localhost", "127.0.0.1", "Unknown Computer")
    ),
    *({"HostGUID": name} for name in ("g1", "g2")),
    *({"HostID": number} for number in (1, 2)),
    {"HostLastIPUsed": "192.0.2.1"},
    *({"ContainerID": c, "ContainerName": n} for c, n in (("c1", "n1"), ("c2", "n1"), ("c1", "n2"))),
    *({name: name} for name in ("ContainerImageName", "ImageName", "PodID")),
    {},
]


def test_who_it_happened_to_is_part_of_the_identity() -> None:
    """Tenant, host and what sits below the host."""
    identities = [Event({"EventType": "PacketLog", "Reason": "r", **place}).identity for place in PLACES]
    assert None not in identities and len(set(identities)) == len(PLACES)


def test_another_tag_changes_no_identity() -> None:
    event = Event({**PACKET, "Interface": "eth0"})
    before = event.identity
    event.event_type = event.event_type._replace(tags={**event.event_type.tags, "interface": first_of("Interface")})
    assert event.identity == before
