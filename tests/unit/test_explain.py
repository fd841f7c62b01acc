"""Each event of a file is kept or dropped, with the option that drops it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from deep_security_datadog.filter import Filter
from tests.payload import SAMPLES, sample
from tools import explain


def test_counts_and_reasons() -> None:
    out = io.StringIO()
    chosen = Filter.from_options({"rank_greater_than": 50, "minimum_severity": "medium"})
    counts = explain.explain([*sample("mixed-array"), 7], chosen, Console(file=out, width=160))
    assert counts == {"kept": 4, "rank_greater_than": 3, "minimum_severity": 2, "no event": 1}
    assert "dropped by minimum_severity" in out.getvalue() and "not an event" in out.getvalue()


@pytest.mark.parametrize("text", ["{", "[]", '{"rank": 1}', '{"minimum_severity": "urgent"}'])
def test_a_bad_filter_is_an_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    arguments = ["explain", "--events", str(SAMPLES / "PacketLog.json"), "--filter", text]
    monkeypatch.setattr("sys.argv", arguments)
    assert explain.main() == 1


def test_a_missing_file_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.argv", ["explain", "--events", str(tmp_path / "absent.json")])
    assert explain.main() == 1
