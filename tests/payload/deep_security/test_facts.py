"""How facts are read off an event, in the words that the table of event types is written in."""

import base64
from collections.abc import Callable

import pytest

from deep_security_datadog.deep_security import facts
from deep_security_datadog.deep_security.facts import Fact
from deep_security_datadog.deep_security.verdicts import network_detect_only, steps
from deep_security_datadog.values import Texts

WORDS = {0: "", 1: "Deny", 6: "Log Only"}


def shown(fact: Fact) -> Callable[[Texts], object]:
    """The value of the fact; empty leaves its line out."""
    return fact.value


# What each says of some texts.
TABLES: dict[str, tuple[Callable[[Texts], object], list[tuple[Texts, object]]]] = {
    "the first that holds something": (facts.first_of("A", "B"), [({"B": "b", "C": "c"}, "b"), ({"C": "c"}, "")]),
    "a number names nothing": (
        facts.named("A", "B"),
        [({"A": "7", "B": "seven"}, "seven"), ({"A": "-7"}, ""), ({}, "")],
    ),
    "what another property does not say already": (
        shown(facts.unless_in("Log message", "Log", "Full", block=True)),
        [
            ({"Full": "May 14 sshd: no", "Log": "sshd: no"}, ""),
            ({"Full": "May 14 sshd: no", "Log": "sshd: yes"}, "sshd: yes"),
            ({"Log": "sshd: no"}, "sshd: no"),
        ],
    ),
    "the number decides on the facts.word, and is none itself": (
        facts.word("Action", WORDS, "ActionString"),
        [
            ({"Action": "6", "ActionString": "Nur Protokoll"}, "Log Only"),
            ({"Action": "77", "ActionString": "Spelled out"}, "Spelled out"),
            ({"Action": "77"}, ""),
            ({"Action": "77", "ActionString": "77"}, ""),
            ({"Action": "0"}, ""),
            ({"Action": "denied"}, "denied"),
            ({}, ""),
        ],
    ),
    "the word in the event is shown beside": (
        shown(facts.enum("Action", "Action", WORDS, "ActionString")),
        [
            ({"Action": "6", "ActionString": "log-only"}, "Log Only"),
            ({"Action": "6", "ActionString": "Nur Protokoll"}, "Log Only (Nur Protokoll)"),
            ({"Action": "77", "ActionString": "Spelled out"}, "77 (Spelled out)"),
            ({"Action": "denied"}, "denied"),
            ({"Action": "0", "ActionString": "Spelled out"}, "Spelled out"),
            ({}, ""),
        ],
    ),
    "an address of IPv6 with a port is in brackets": (
        shown(facts.endpoint("Source", "IP", "Port", "MAC")),
        [
            ({"IP": "192.0.2.1", "Port": "80"}, "192.0.2.1:80"),
            ({"IP": "2001:db8::1", "Port": "80"}, "[2001:db8::1]:80"),
            ({"IP": "192.0.2.1", "Port": "80", "MAC": "00:00:5e:00:53:01"}, "192.0.2.1:80 (00:00:5e:00:53:01)"),
            ({"Port": "80"}, "port 80"),
            ({"MAC": "00:00:5e:00:53:01"}, "00:00:5e:00:53:01"),
            ({}, ""),
        ],
    ),
    "how often, and when last": (
        facts.repeat_count,
        [
            ({"RepeatCount": "3", "EndLogDate": "2024-05-14T09:50:00Z"}, "3, last at 2024-05-14T09:50:00Z"),
            # A time that is a number is written as a time, if it can be one.
            ({"EndLogDate": "1715678410133"}, "last at 2024-05-14 09:20:10 UTC"),
            ({"EndLogDate": "42"}, "last at 42"),
        ],
    ),
    "several in one": (
        shown(facts.joined("Process", "{} (pid {})", "Name", "ID")),
        [
            ({"Name": "httpd", "ID": "7"}, "httpd (pid 7)"),
            ({"Name": "httpd"}, "httpd"),
            # What repeats itself is said once, and a template is never taken from an event.
            ({"Name": "S-1-5-18", "ID": "S-1-5-18"}, "S-1-5-18"),
            ({"Name": "{0.__class__}", "ID": "{}"}, "{0.__class__} (pid {})"),
        ],
    ),
    "true, false or neither": (
        facts.boolean("DetectOnly"),
        [({"DetectOnly": text}, value) for text, value in (("TRUE", True), ("1", True), ("false", False), ("2", None))],
    ),
    "yes, no or what it says": (
        shown(facts.yes_no("Detect only", facts.boolean("DetectOnly"), "DetectOnly")),
        [({"DetectOnly": "1"}, "yes"), ({"DetectOnly": "0"}, "no"), ({"DetectOnly": "maybe"}, "maybe"), ({}, "")],
    ),
    "who does not know must not say that it was blocked": (
        network_detect_only,
        [
            ({"Action": "129"}, True),
            ({"Action": "6"}, False),
            *(({"Action": code}, None) for code in ("0", "7", "-1", "128", "255")),
            *(({"ActionString": text}, None) for text in ("Allow", "Bypass", "Zurücksetzen")),
            ({"Action": "1", "ActionString": "Detect Only: Deny"}, False),
            *(({"ActionString": f"Detect Only{what}"}, True) for what in (": Deny", " - Reset", "")),
            ({"ActionString": "Deny"}, False),
            ({}, None),
        ],
    ),
    "the steps of a scan": (
        steps,
        [
            ({"ScanAction1": "4", "ScanResultAction1": "0"}, "Clean: done"),
            (
                {"ScanAction1": "4", "ScanResultAction1": "-85", "ScanAction2": "3", "ScanResultAction2": "0"},
                "Clean: failed (-85), then Quarantine: done",
            ),
            ({"ScanAction1": "99", "ScanResultAction1": "0"}, "99: done"),
            ({"ScanAction1": "isolate", "ScanResultAction1": "done"}, "isolate: done"),
            ({"ScanAction1": "4", "ScanResultAction1": "7"}, "Clean: 7"),
            ({"ScanResultAction1": "-81"}, "failed (-81)"),
            # 0 is no action.
            ({"ScanAction1": "0", "ScanResultAction1": "0", "ScanAction2": "0"}, ""),
        ],
    ),
    "bits as words and as their sum": (
        lambda texts: facts.bits(texts["Flags"], {1: "one", 4: "four", 8: "eight"}),
        [
            ({"Flags": number}, expected)
            for number, expected in {
                "12": "four, eight (12)",
                "40": "eight (40)",
                "32": "32",
                "-1": "-1",
                "": "",
            }.items()
        ],
    ),
    "path and name with one separator": (
        facts.full_path,
        [
            ({"Path": "/usr/bin", "FileName": "nc"}, "/usr/bin/nc"),
            ({"Path": "/usr//bin//", "FileName": "nc"}, "/usr//bin/nc"),
            ({"Path": r"C:\Temp", "FileName": "nc.exe"}, r"C:\Temp\nc.exe"),
            ({"Path": "C:\\Temp\\\\", "FileName": "nc.exe"}, r"C:\Temp\nc.exe"),
            ({"Path": "/", "FileName": "nc"}, "/nc"),
            ({"FileName": "nc"}, "nc"),
        ],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_fact_says(name: str) -> None:
    function, cases = TABLES[name]
    assert [(texts, function(texts)) for texts, _ in cases] == cases


REQUEST = "GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\n"
IN_BASE64 = base64.b64encode(REQUEST.encode()).decode()
UNCHANGED = [
    "",
    "7",
    "1234567890" * 2,
    "deadbeef" * 8,
    "QUJD",
    REQUEST,
    "thisisnotencodedatall",
    "A" * 17,
    f"{IN_BASE64}!",
]
UNCHANGED += [base64.b64encode(bytes(range(128, 256))).decode()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        *((data, REQUEST) for data in (IN_BASE64, IN_BASE64.rstrip("="), REQUEST.encode().hex())),
        # Hexadecimal may have no letter.
        (b"GET 1234567".hex(), "GET 1234567"),
        (base64.b64encode("Grüße aus 東京, mit Leerraum".encode()).decode(), "Grüße aus 東京, mit Leerraum"),
        # A few bytes that are no text do not matter.
        (base64.b64encode(b"\x00" + REQUEST.encode()).decode(), "\0" + REQUEST),
        *((data, data) for data in UNCHANGED),
    ],
)
def test_packet_data_is_decoded_where_it_is_plainly_text(data: str, expected: str) -> None:
    """And says so: somebody may have chosen a text that decodes to another."""
    found = facts.packet_data(data)
    assert found == (data if data == expected else f"decoded: {expected}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://bad.example.net/landing?x=1", ("bad.example.net", "", "80")),
        ("https://user:pw@Bad.Example.NET.:8443/x@y", ("bad.example.net", "8443", "8443")),
        ("http://user:p@ss@h.example/", ("h.example", "", "80")),
        # The usual port of a scheme is the same place as none.
        ("http://[2001:db8::1]:80/", ("2001:db8::1", "", "80")),
        ("HTTPS://h.example:0443", ("h.example", "", "443")),
        ("http://h.example:443", ("h.example", "443", "443")),
        ("tcp://h.example:25", ("h.example", "25", "25")),
        ("http://h.example:\uff18\uff11/", ("h.example", "81", "81")),
        ("http://[fe80::1%25eth0]:81/", ("fe80::1", "81", "81")),
        ("http://[::1/", ("::1", "", "80")),
        ("http://2001:db8::1/", ("2001:db8::1", "", "80")),
        ("2001:db8::", ("2001:db8::", "", "")),
        ("bad.example.net:8080/landing", ("bad.example.net", "8080", "8080")),
        ("http://bad.example.net:/", ("bad.example.net", "", "80")),
        # As browsers read it.
        (r"http:\\bad.example.net\x", ("bad.example.net", "", "80")),
        ("http:/h.example/x", ("h.example", "", "80")),
        ("http:///h.example/x", ("h.example", "", "80")),
        ("//h.example/x", ("h.example", "", "")),
        ("http://h%2Eexample%2eNET/", ("h.example.net", "", "80")),
        ("intranet", ("intranet", "", "")),
        ("h.example?x=http://b.example", ("h.example", "", "")),
        ("mailto:somebody", ("mailto:somebody", "", "")),
        ("/only/a/path", ("/only/a/path", "", "")),
        ("x" * 300_000, ("x" * 2000, "", "")),
        ("", ("", "", "")),
    ],
)
def test_host_and_port_of_a_url(url: str, expected: tuple[str, str, str]) -> None:
    assert facts.url_place({"URL": url}) == expected
