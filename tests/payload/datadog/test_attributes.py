"""Datadog's standard attributes: from which properties of any type, each of its kind, and safe to show."""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deep_security_datadog.datadog.attributes import ATTRIBUTES, port, standard_attributes, url
from deep_security_datadog.datadog.markdown import plain
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.event_types import EVENT_TYPES
from deep_security_datadog.values import address
from tests.payload.strategies import PROPERTIES

# https://docs.datadoghq.com/standard-attributes/ for logs: network communications, HTTP requests, users.
STANDARD = {"network.client.ip", "network.client.port", "network.destination.ip", "network.destination.port"}
STANDARD |= {"http.url", "usr.name", "usr.id"}

HOSTILE = "@all-hands [sign in](https://evil.example) %%% `x` \u202e \x1b[31m"


def flat(fields: dict[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in fields.items():
        inner = f"{path}.{name}" if path else name
        found |= flat(value, inner) if isinstance(value, dict) else {inner: value}
    return found


def attributes(**properties: Any) -> dict[str, Any]:
    return flat(standard_attributes(Event(properties)))


def test_names_are_datadogs_and_decide_on_the_kind() -> None:
    assert {name for name in ATTRIBUTES if name.startswith(("network.", "http.", "usr."))} == STANDARD
    kinds = {"ip": address, "port": port, "url": url}
    for name, (kind, _) in ATTRIBUTES.items():
        assert kind is kinds.get(name.rpartition(".")[2], plain)


OSSEC_ENDS = {"OSSEC_SourceIP": "192.0.2.1", "OSSEC_SourcePort": "12036"}
HASHES = {"SHA1": "a", "MD5": "b", "SHA256": "c"}


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("PacketLog", {"ProcessName": "/usr/sbin/httpd"}, {"process.name": "/usr/sbin/httpd"}),
        ("AntiMalwareEvent", {"InfectedFilePath": "/tmp/x"}, {"file.path": "/tmp/x"}),
        ("AppControlEvent", {"Path": "C:\\Temp\\\\", "FileName": "x.dll"}, {"file.path": "C:\\Temp\\x.dll"}),
        ("AppControlEvent", HASHES, {f"file.hash.{name.lower()}": value for name, value in HASHES.items()}),
        ("IntegrityEvent", {"EntityType": "File", "Key": "/etc/passwd"}, {"file.path": "/etc/passwd"}),
        ("IntegrityEvent", {"EntityType": "directory", "Key": "/etc"}, {"file.path": "/etc"}),
        ("IntegrityEvent", {"EntityType": "Service", "Key": "VSS"}, {}),
        ("IntegrityEvent", {"User": "r", "Process": "vi"}, {"usr.name": "r", "process.name": "vi"}),
        (
            "WebReputationEvent",
            {"URL": "http://[2001:db8::bad]:8080/x", "TargetIP": "2001:db8::bad"},
            {"http.url": "http://[2001:db8::bad]:8080/x"}
            | {"network.destination.ip": "2001:db8::bad", "network.destination.port": 8080},
        ),
        ("LogInspectionEvent", OSSEC_ENDS, {"network.client.ip": "192.0.2.1", "network.client.port": 12036}),
        ("LogInspectionEvent", {"OSSEC_ProgramName": "sshd"}, {"process.name": "sshd"}),
        ("LogInspectionEvent", {"OSSEC_SourceUser": "a", "OSSEC_DestinationUser": "(no user)"}, {"usr.name": "a"}),
        # A user's own id, never another's; a SID in place of a name is an id.
        ("SystemEvent", {"ActionBy": "admin", "AdministratorID": 7}, {"usr.name": "admin", "usr.id": "7"}),
        ("SystemEvent", {"ActionBy": "admin", "UserID": "0"}, {"usr.name": "admin"}),
        ("SystemEvent", {"AdministratorID": 7, "UserName": "joe"}, {"usr.name": "joe"}),
        ("SystemEvent", {"AdministratorID": 7}, {"usr.id": "7"}),
        ("SystemEvent", {"User": "root", "UserID": "0"}, {"usr.name": "root", "usr.id": "0"}),
        ("SystemEvent", {"UserName": "S-1-5-18"}, {"usr.id": "S-1-5-18"}),
        ("SystemEvent", {"UserName": "S-1-5-18", "UserID": "0"}, {"usr.id": "0"}),
        ("SystemEvent", {"UserName": "none"}, {"usr.name": "none"}),
    ],
)
def test_they_come_from_whatever_properties_a_type_has(
    name: str, properties: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert attributes(EventType=name, **properties) == expected


@pytest.mark.parametrize(
    ("flow", "is_reverse"),
    [
        *((flow, False) for flow in ({}, {"Flow": 0}, {"Flow": -1}, {"Flow": 0, "FlowString": "Reverse Flow"})),
        *((flow, True) for flow in ({"Flow": 1}, {"Flow": "1"}, {"FlowString": "Reverse Flow"}, {"FlowString": "REV"})),
    ],
)
def test_the_client_is_who_opened_the_connection(flow: dict[str, Any], is_reverse: bool) -> None:
    source, destination = {"ip": "192.0.2.1", "port": 50000}, {"ip": "192.0.2.2", "port": 443}
    packet = {"SourceIP": "192.0.2.1", "SourcePort": 50000, "DestinationIP": "192.0.2.2", "DestinationPort": 443}
    client, server = (destination, source) if is_reverse else (source, destination)
    found = standard_attributes(Event({"EventType": "PacketLog", **packet, **flow}))
    assert found == {"network": {"client": client, "destination": server}}, "nested, as Datadog reads them"


OF_NO_KIND = [HOSTILE, "192.0.2.1:80", "192.0.2.0/24", "web-1", "3221225985", "0x7f.1", "65536", "-1", "80/tcp"]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (address, "192.0.2.1", "192.0.2.1"),
        (address, "2001:DB8::1", "2001:db8::1"),
        *((address, f"fe80::1%{zone}", "fe80::1") for zone in ("eth0", HOSTILE)),
        *((port, text, int(float(text))) for text in ("53439", "80.0", "0", "65535")),
        *((kind, text, None) for text in OF_NO_KIND for kind in (address, port)),
    ],
)
def test_an_address_or_port_is_one_or_absent(
    kind: Callable[[str], object], text: str, expected: str | int | None
) -> None:
    assert kind(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://www.example.com:8080/a?b=c&d=%20e#f", "http://www.example.com:8080/a?b=c&d=%20e#f"),
        # Neither a password nor a host that is none.
        ("http://bank.example:p@ss@evil.example:8080/@x", "http://evil.example:8080/%40x"),
        ("http://a.example/100%/%%%", "http://a.example/100%25/%25%25%25"),
        ("http://a.example/@here/a b](x)", "http://a.example/%40here/a%20b]%28x%29"),
        ("http://例え.example/", "http://%E4%BE%8B%E3%81%88.example/"),
        ("http://a.example/\ud800\u202e", "http://a.example/?%E2%80%AE"),
    ],
)
def test_a_url_stays_one(text: str, expected: str) -> None:
    assert url(text) == expected


def test_values_are_cut_before_they_are_cleaned() -> None:
    found = attributes(EventType="IntegrityEvent", User="a\n" * 200_000, EntityType="File", Key="b" * 200_000)
    assert len(found["usr.name"]) <= 5000 and len(found["file.path"]) == 5000


@given(
    PROPERTIES,
    st.sampled_from([*EVENT_TYPES, "NewEvent"]),
    st.lists(st.sampled_from(["SourceIP", "SourcePort", "User", "UserID", "URL", "Path", "OSSEC_SourceIP", "Process"])),
)
def test_whatever_an_event_holds(properties: dict[str, Any], name: str, hostile: list[str]) -> None:
    for attribute, value in attributes(**properties | dict.fromkeys(hostile, HOSTILE), EventType=name).items():
        kind = attribute.rpartition(".")[2]
        if kind == "ip":
            ipaddress.ip_address(value)
        elif kind == "port":
            assert type(value) is int and 0 <= value <= 65535
        else:
            assert "@" not in value and "](" not in value and "%%%" not in value
            assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", value)
