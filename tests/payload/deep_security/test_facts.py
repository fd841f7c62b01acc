"""How facts are read off an event, in the words that the table of event types is written in."""

from __future__ import annotations

import base64

import pytest

from deep_security_datadog.deep_security.facts import (
    EventType,
    Fact,
    bits,
    boolean,
    endpoint,
    enum,
    first_of,
    full_path,
    joined,
    moment,
    named,
    network_detect_only,
    one,
    packet_data,
    repeat_count,
    unless_in,
    url_place,
    with_port,
    word,
    yes_no,
)
from deep_security_datadog.deep_security.malware import steps
from deep_security_datadog.deep_security.severity import of_malware, of_test
from deep_security_datadog.values import Texts, first

WORDS = {0: "", 1: "Deny", 6: "Log Only"}


def shown(fact: Fact, texts: Texts) -> str:
    """The value of the fact; empty leaves its line out."""
    return fact.value(texts) if fact.value else texts.get(fact.properties[0], "")


def test_first() -> None:
    assert first({"B": "b", "C": "c"}, ("A", "B", "C")) == "b"
    assert first({"B": "b"}, ("A",)) == first({"B": "b"}, ()) == ""


def test_first_of() -> None:
    assert first_of("A", "B")({"B": "b"}) == "b"
    assert first_of()({"A": "a"}) == ""


def test_a_number_names_nothing() -> None:
    assert named("A", "B")({"A": "7", "B": "seven"}) == "seven" and named("A")({"A": "7"}) == named("A")({}) == ""


def test_one() -> None:
    fact = one("Log entry", "OSSEC_FullLog", block=True)
    assert fact == Fact("Log entry", ("OSSEC_FullLog",), None, block=True)
    assert shown(fact, {"OSSEC_FullLog": "full"}) == "full"
    assert shown(fact, {}) == ""


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"Full": "May 14 sshd: no", "Log": "sshd: no"}, ""),
        ({"Full": "May 14 sshd: no", "Log": "sshd: yes"}, "sshd: yes"),
        ({"Log": "sshd: no"}, "sshd: no"),
        ({"Full": "x"}, ""),
    ],
)
def test_what_another_property_does_not_say_already(texts: Texts, expected: str) -> None:
    assert shown(unless_in("Full", "Log message", "Log", block=True), texts) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"Action": "6"}, "Log Only"),
        ({"Action": "6", "ActionString": "Nur Protokoll"}, "Log Only"),
        ({"Action": "77", "ActionString": "Spelled out"}, "Spelled out"),
        # A number is no word, wherever it stands.
        ({"Action": "77"}, ""),
        ({"Action": "77", "ActionString": "77"}, ""),
        ({"Action": "0"}, ""),
        ({"Action": "denied"}, "denied"),
        ({"ActionString": "denied"}, "denied"),
        ({}, ""),
    ],
)
def test_the_number_decides_on_the_word(texts: Texts, expected: str) -> None:
    assert word("Action", WORDS, "ActionString")(texts) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"Action": "6"}, "Log Only"),
        ({"Action": "6", "ActionString": "log-only"}, "Log Only"),
        ({"Action": "6", "ActionString": "Nur Protokoll"}, "Log Only (Nur Protokoll)"),
        ({"Action": "77", "ActionString": "Spelled out"}, "77 (Spelled out)"),
        ({"Action": "77"}, "77"),
        ({"Action": "denied"}, "denied"),
        ({"Action": "0", "ActionString": "Spelled out"}, "Spelled out"),
        ({"ActionString": "Spelled out"}, "Spelled out"),
        ({}, ""),
    ],
)
def test_the_word_in_the_event_is_shown_beside(texts: Texts, expected: str) -> None:
    fact = enum("Action", "Action", WORDS, "ActionString")
    assert shown(fact, texts) == expected and fact.properties == ("Action", "ActionString")


def test_enum_without_a_property_that_spells_it_out() -> None:
    fact = enum("Action", "Action", WORDS)
    assert fact.properties == ("Action",) and shown(fact, {"Action": "1"}) == "Deny"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"IP": "192.0.2.1"}, "192.0.2.1"),
        ({"IP": "192.0.2.1", "Port": "80"}, "192.0.2.1:80"),
        ({"IP": "2001:db8::1", "Port": "80"}, "[2001:db8::1]:80"),
        ({"IP": "2001:db8::1"}, "2001:db8::1"),
        ({"IP": "192.0.2.1", "Port": "80", "MAC": "00:00:5e:00:53:01"}, "192.0.2.1:80 (00:00:5e:00:53:01)"),
        ({"Port": "80"}, "port 80"),
        ({"Port": "80", "MAC": "00:00:5e:00:53:01"}, "port 80 (00:00:5e:00:53:01)"),
        ({"MAC": "00:00:5e:00:53:01"}, "00:00:5e:00:53:01"),
        ({}, ""),
    ],
)
def test_endpoint(texts: Texts, expected: str) -> None:
    assert shown(endpoint("Source", "IP", "Port", "MAC"), texts) == expected


def test_endpoint_shows_the_properties_that_it_has() -> None:
    assert endpoint("Source", "IP", "Port").properties == ("IP", "Port")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"RepeatCount": "3", "EndLogDate": "2024-05-14T09:50:00Z"}, "3, last at 2024-05-14T09:50:00Z"),
        ({"RepeatCount": "3"}, "3"),
        ({"EndLogDate": "2024-05-14T09:50:00Z"}, "last at 2024-05-14T09:50:00Z"),
        ({}, ""),
    ],
)
def test_repeat_count(texts: Texts, expected: str) -> None:
    assert repeat_count(texts) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"Name": "httpd", "ID": "7"}, "httpd (pid 7)"),
        ({"Name": "httpd"}, "httpd"),
        ({"ID": "7"}, "7"),
        ({}, ""),
        # What repeats itself is said once.
        ({"Name": "S-1-5-18", "ID": "S-1-5-18"}, "S-1-5-18"),
        # A template is never taken from an event.
        ({"Name": "{0.__class__}", "ID": "{}"}, "{0.__class__} (pid {})"),
    ],
)
def test_joined(texts: Texts, expected: str) -> None:
    assert shown(joined("Process", "{} (pid {})", "Name", "ID"), texts) == expected


@pytest.mark.parametrize(
    ("text", "decided", "line"),
    [("true", True, "yes"), ("TRUE", True, "yes"), ("1", True, "yes"), ("false", False, "no"), ("0", False, "no")],
)
def test_booleans(text: str, decided: bool, line: str) -> None:
    assert boolean("DetectOnly")({"DetectOnly": text}) is decided
    assert shown(yes_no("Detect only", boolean("DetectOnly"), "DetectOnly"), {"DetectOnly": text}) == line


@pytest.mark.parametrize("texts", [{}, {"DetectOnly": "maybe"}, {"DetectOnly": "2"}])
def test_neither_true_nor_false(texts: Texts) -> None:
    assert boolean("DetectOnly")(texts) is None
    assert shown(yes_no("Detect only", boolean("DetectOnly"), "DetectOnly"), texts) == texts.get("DetectOnly", "")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"Action": "129"}, True),
        ({"Action": "6"}, False),
        # Who does not know must not say that it was blocked.
        *[({"Action": code}, None) for code in ("0", "7", "-1", "128", "255")],
        *[({"ActionString": text}, None) for text in ("Allow", "Bypass", "Zurücksetzen")],
        ({"Action": "1", "ActionString": "Detect Only: Deny"}, False),
        ({"ActionString": "Detect Only: Deny"}, True),
        ({"ActionString": "Deny"}, False),
        ({}, None),
    ],
)
def test_network_detect_only(texts: Texts, expected: bool | None) -> None:
    assert network_detect_only(texts) is expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"ScanAction1": "4", "ScanResultAction1": "0"}, "Clean: done"),
        (
            {"ScanAction1": "4", "ScanResultAction1": "-85", "ScanAction2": "3", "ScanResultAction2": "0"},
            "Clean: failed (-85), then Quarantine: done",
        ),
        ({"ScanAction1": "4"}, "Clean"),
        ({"ScanAction1": "99", "ScanResultAction1": "0"}, "99: done"),
        ({"ScanAction1": "isolate", "ScanResultAction1": "done"}, "isolate: done"),
        ({"ScanAction1": "4", "ScanResultAction1": "7"}, "Clean: 7"),
        ({"ScanResultAction1": "-81"}, "failed (-81)"),
        # 0 is no action.
        ({"ScanAction1": "0", "ScanResultAction1": "0", "ScanAction2": "0"}, ""),
        ({}, ""),
    ],
)
def test_scan_steps(texts: Texts, expected: str) -> None:
    assert steps(texts) == expected


REQUEST = "GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (base64.b64encode(REQUEST.encode()).decode(), REQUEST),
        (base64.b64encode(REQUEST.encode()).decode().rstrip("="), REQUEST),
        (REQUEST.encode().hex(), REQUEST),
        (REQUEST.encode().hex().upper(), REQUEST),
        (base64.b64encode("Grüße aus 東京, mit Leerraum".encode()).decode(), "Grüße aus 東京, mit Leerraum"),
        # A few bytes that are no text do not matter.
        (base64.b64encode(b"\x00" + REQUEST.encode()).decode(), "\0" + REQUEST),
        *(
            (unchanged, unchanged)
            for unchanged in (
                "",
                "7",
                "deadbeef" * 8,
                "QUJD",
                REQUEST,
                "thisisnotencodedatall",
                "A" * 17,
                base64.b64encode(bytes(range(128, 256))).decode(),
                base64.b64encode(REQUEST.encode()).decode() + "!",
            )
        ),
    ],
)
def test_packet_data_is_decoded_where_it_is_plainly_text(data: str, expected: str) -> None:
    """And says so: somebody may have chosen a text that decodes to another."""
    found = packet_data(data)
    assert found == (data if data == expected else f"decoded: {expected}")


@pytest.mark.parametrize(
    ("sum_of_bits", "expected"),
    [
        ("1", "one (1)"),
        ("12", "four, eight (12)"),
        ("40", "eight (40)"),
        ("32", "32"),
        ("0", "0"),
        ("", ""),
        ("-1", "-1"),
    ],
)
def test_bits(sum_of_bits: str, expected: str) -> None:
    assert bits(sum_of_bits, {1: "one", 4: "four", 8: "eight"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1715678410", "2024-05-14 09:20:10 UTC"),
        ("1715678410133", "2024-05-14 09:20:10 UTC"),
        ("2024-05-14T09:20:10.133Z", "2024-05-14T09:20:10.133Z"),
        ("42", "42"),
        ("", ""),
    ],
)
def test_moment(text: str, expected: str) -> None:
    assert moment(text) == expected


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
        ("h.example:443", ("h.example", "443", "443")),
        ("tcp://h.example:25", ("h.example", "25", "25")),
        ("http://h.example:\uff18\uff11/", ("h.example", "81", "81")),
        ("http://[2001:db8::]/", ("2001:db8::", "", "80")),
        ("http://[fe80::1%25eth0]:81/", ("fe80::1%eth0", "81", "81")),
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
        ("http://localhost", ("localhost", "", "80")),
        ("localhost:8080", ("localhost", "8080", "8080")),
        ("intranet", ("intranet", "", "")),
        ("h.example?x=http://b.example", ("h.example", "", "")),
        ("mailto:somebody", ("mailto:somebody", "", "")),
        ("/only/a/path", ("/only/a/path", "", "")),
        ("x" * 300_000, ("x" * 2000, "", "")),
        ("", ("", "", "")),
    ],
)
def test_host_and_port_of_a_url(url: str, expected: tuple[str, str, str]) -> None:
    assert url_place({"URL": url}) == expected


def test_with_port() -> None:
    assert with_port("2001:db8::1", "80") == "[2001:db8::1]:80" and with_port("a.example", "80") == "a.example:80"
    assert with_port("2001:db8::1", "") == "2001:db8::1" and with_port("", "80") == "port 80"


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("/usr/bin", "nc", "/usr/bin/nc"),
        ("/usr/bin/", "nc", "/usr/bin/nc"),
        (r"C:\Temp", "nc.exe", r"C:\Temp\nc.exe"),
        ("C:\\Temp\\", "nc.exe", r"C:\Temp\nc.exe"),
        ("C:\\Temp\\\\", "nc.exe", r"C:\Temp\nc.exe"),
        ("/usr//bin//", "nc", "/usr//bin/nc"),
        ("/", "nc", "/nc"),
        ("/usr/bin", "", "/usr/bin"),
        ("", "nc", "nc"),
        ("", "", ""),
    ],
)
def test_full_path(path: str, name: str, expected: str) -> None:
    assert full_path({"Path": path, "FileName": name}) == expected


def test_what_follows_from_a_row() -> None:
    row = EventType(
        "X", "Anti-Malware", first_of("A"), of_malware, facts=(enum("A", "A", {}, "B"), endpoint("C", "C", "D"))
    )
    assert row.shown_properties == {"A", "B", "C", "D"}


def test_a_row_without_more_says_nothing() -> None:
    row = EventType("X", "Log Inspection", first_of("A"), of_test)
    assert (row.action({}), row.detect_only({})) == ("", None)
    assert (row.detail({"A": "a"}), dict(row.tags)) == ("", {})
