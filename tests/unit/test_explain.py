"""Each event of a file is kept or dropped, with the option that drops it."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from deep_security_datadog.filter import Filter
from tests.payload import SAMPLES, sample
from tools import explain


def explained(message: object, **filters: object) -> tuple[dict[str, Counter[str]], str]:
    out = io.StringIO()
    chosen = {name: Filter.from_options(options) for name, options in filters.items()}  # type: ignore[arg-type]
    counts = explain.explain(message, chosen, Console(file=out, width=200))
    return counts, out.getvalue()


def test_counts_and_reasons() -> None:
    chosen = {"rank_greater_than": 50, "minimum_severity": "medium"}
    counts, text = explained([*sample("mixed-array"), 7], events=chosen)
    assert +counts["events"] == {"kept": 4, "rank_greater_than": 3, "minimum_severity": 2, "no event": 1}
    assert "dropped by minimum_severity" in text and "not an event" in text


def test_each_destination_has_a_column() -> None:
    counts, text = explained(sample("mixed-array"), events={"minimum_severity": "critical"}, logs={})
    assert +counts["logs"] == {"kept": 9} and counts["events"]["kept"] < 9
    assert "logs: 9 kept" in text


def test_folded_events_name_the_one_that_stands_for_them() -> None:
    packet, other = sample("PacketLog")[0], sample("SystemEvent")[0]
    repeated = [{**packet, "LogDate": f"2024-05-14T09:40:0{number}.000Z"} for number in range(3)]
    counts, text = explained([other, *repeated], events={"fold_repeats": True}, logs={})
    assert +counts["events"] == {"kept": 2, "folded": 2} and +counts["logs"] == {"kept": 4}
    assert "kept, for 3 events, 09:40:00 to 09:40:02" in text and text.count("folded into 2") == 2


@pytest.mark.parametrize("text", ["{", "[]", '{"rank": 1}', '{"minimum_severity": "urgent"}'])
def test_a_bad_filter_is_an_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    arguments = ["explain", "--events", str(SAMPLES / "PacketLog.json"), "--filter", text]
    monkeypatch.setattr("sys.argv", arguments)
    assert explain.main() == 1


def test_a_missing_file_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.argv", ["explain", "--events", str(tmp_path / "absent.json")])
    assert explain.main() == 1
