"""Alerts of the manager: which events are alerts, and what their description says."""

from typing import Any

import pytest

from deep_security_datadog.deep_security.alert import Alert, alert, with_line_breaks


@pytest.mark.parametrize(
    ("properties", "has_ended"),
    [
        ({"Number": 190}, False),
        ({"Number": "191"}, False),
        ({"Number": 192}, True),
        # The number decides; the title may be in any language.
        ({"Number": "190", "Title": "Alert Ended"}, False),
        ({"Title": "Alert Started"}, False),
        ({"Title": "alert ended"}, True),
        *((other, None) for other in ({}, {"Title": "User Deleted"}, {"Number": 250, "Title": "Alert Started"})),
    ],
)
def test_what_an_alert_is(properties: dict[str, Any], has_ended: bool | None) -> None:
    assert alert(properties) == (None if has_ended is None else Alert("", "", has_ended))


@pytest.mark.parametrize(
    ("description", "name", "severity"),
    [
        *(
            (end.join(("Alert: Engine Offline", "Subject: web-1", "Severity: Critical")), "Engine Offline", "Critical")
            for end in ("\n", "\r\n", "\\n")
        ),
        # A backslash at the end is no part of it.
        ("Alert: X\nSeverity: Warning\\", "X", "Warning"),
        # Without English labels the first line names the alert.
        ("\nアラート: オフライン\n重要度: 重大", "アラート: オフライン", ""),
        # Of a long one only the beginning is read.
        ("x" * 3000 + "\nSeverity: Critical", "x" * 2000, ""),
    ],
)
def test_name_and_severity_are_lines_of_the_description(description: str, name: str, severity: str) -> None:
    assert alert({"Number": "190", "Description": description}) == Alert(name, severity, has_ended=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("X\\n重要度\uff1a重大", "X\n重要度\uff1a重大"),
        (r"C:\new\name: x", r"C:\new\name: x"),
        (r"C:\nNew folder", r"C:\nNew folder"),
        ("one\ntwo", "one\ntwo"),
    ],
)
def test_written_line_breaks_come_before_a_label(text: str, expected: str) -> None:
    assert with_line_breaks(text) == expected
