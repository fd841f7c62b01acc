"""What became of malware, and alerts of the manager: by the numbers or else by the words."""

from typing import Any

import pytest

from deep_security_datadog.deep_security.verdicts import Alert, alert, scan_result, with_line_breaks


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


def steps(*pairs: tuple[object, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, (action, code) in enumerate(pairs, 1):
        found |= {f"ScanAction{number}": action, f"ScanResultAction{number}": code}
    return found


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, ""), ({"ScanResultString": "quarantined"}, "Quarantined"), ({"ScanResultString": "隔離"}, "隔離"),
        ({**steps((3, 0)), "ScanResultString": "隔離"}, "Quarantined"),
        ({**steps(("2", "0")), "ScanResultString": "Cleaned"}, "Deleted"),
        ({**steps((4, -81), (3, 0)), "ScanResultString": "x"}, "Quarantined"),
        (steps((4, 0), (3, -81)), "Cleaned"), (steps((4, 0), (1, 0)), "Cleaned"),
        (steps((1, 0), (3, 0)), "Quarantined"), (steps((2, 0), (5, 0)), "Deleted"),
        ({**steps((5, 0)), "ScanResultString": "Zugriff verweigert"}, "Access Denied"),
        # What failed or was let pass is not removed, whatever the word says.
        ({**steps((4, -81), (3, -82)), "ScanResultString": "Quarantined"}, "Quarantine failed"),
        ({**steps((9, -81)), "ScanResultString": "Quarantined"}, "Action failed"),
        (steps((4, -81)), "Clean failed"), (steps((1, 0)), "Passed"),
        ({**steps((1, 0)), "ScanResultString": "Deleted"}, "Passed"),
        # But it may have been stopped.
        ({**steps((4, -81)), "ScanResultString": "Access Denied"}, "Access Denied"),
        ({**steps((1, 0)), "ScanResultString": "terminated"}, "Terminated"),
        # Numbers whose meaning is not known leave it to the word.
        ({**steps((3, 7), (0, 0)), "ScanResultString": "Quarantined"}, "Quarantined"),
        ({**steps((9, 0)), "ScanResultString": "Quarantined"}, "Quarantined"),
    ],
)  # fmt: skip
def test_result_of_a_scan(properties: dict[str, Any], expected: str) -> None:
    assert scan_result(properties) == expected
