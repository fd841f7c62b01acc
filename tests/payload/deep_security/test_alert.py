"""Alerts of the manager: which events are alerts, and what their description says."""

from __future__ import annotations

from typing import Any

import pytest

from deep_security_datadog.deep_security.alert import Alert, alert, with_line_breaks

LINES = ["Alert: Anti-Malware Engine Offline", "Subject: web-prod-1", "Severity: Critical"]


def described(*lines: str, line_break: str = "\n", **properties: Any) -> Alert | None:
    return alert({"Number": "190", "Description": line_break.join(lines), **properties})


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\\n"])
def test_name_and_severity_are_lines_of_the_description(line_break: str) -> None:
    assert described(*LINES, line_break=line_break) == Alert("Anti-Malware Engine Offline", "Critical", has_ended=False)


@pytest.mark.parametrize(
    ("properties", "has_ended"),
    [
        ({"Number": 190}, False),
        ({"Number": "191"}, False),
        ({"Number": 192}, True),
        # The number decides; the title may be in any language.
        ({"Number": 190, "Title": "Alert Ended"}, False),
        ({"Title": "Alert Started"}, False),
        ({"Title": "alert ended"}, True),
    ],
)
def test_what_an_alert_is(properties: dict[str, Any], has_ended: bool) -> None:
    assert alert(properties) == Alert("", "", has_ended)


@pytest.mark.parametrize(
    "properties",
    [{}, {"Number": 250}, {"Title": "User Deleted"}, {"Number": 250, "Title": "Alert Started"}],
)
def test_what_is_no_alert(properties: dict[str, Any]) -> None:
    assert alert({**properties, "Description": "\n".join(LINES)}) is None


def test_without_english_labels_the_first_line_names_the_alert() -> None:
    assert described("", "アラート: オフライン", "重要度: 重大") == Alert("アラート: オフライン", "", has_ended=False)


def test_a_backslash_at_the_end_is_no_part_of_the_severity() -> None:
    found = described("Alert: X", "Severity: Warning\\")
    assert found and found.severity == "Warning"


def test_of_a_long_description_only_the_beginning_is_read() -> None:
    assert described("x" * 3000, "Severity: Critical") == Alert("x" * 2000, "", has_ended=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Alert: X\nSeverity: Critical", "Alert: X\nSeverity: Critical"),
        (r"X\n重要度\uff1a重大".replace(r"\uff1a", "\uff1a"), "X\n重要度\uff1a重大"),
        (r"C:\new\name: x", r"C:\new\name: x"),
        (r"C:\nNew folder", r"C:\nNew folder"),
        ("one\ntwo", "one\ntwo"),
    ],
)
def test_written_line_breaks(text: str, expected: str) -> None:
    assert with_line_breaks(text) == expected
