"""Each event of a file is kept or dropped, with the option that drops it."""

import io
import re
from collections import Counter

import pytest
from rich.console import Console

from deep_security_datadog.filter import Filter
from tests.support import SAMPLES, sample
from tools import explain


def explained(message: object, **options: object) -> tuple[Counter[str], str]:
    chosen = Filter.from_options(options)
    console = Console(file=io.StringIO(), width=200, record=True)
    console.print(*explain.explain(message, chosen), sep="\n")
    return Counter(each.verdict for each in explain.verdicts(message, chosen)), console.export_text()


def test_it_ends_with_a_table_by_type() -> None:
    packets = [
        {"EventType": "PacketLog", "Action": action, "Rank": rank} for action, rank in ((1, 100), (6, 1), (6, 50))
    ]
    counts, text = explained([*packets, {"EventType": "SystemEvent"}, 7], rank_greater_than=24, minimum_severity="low")
    assert "dropped by minimum_severity" in text and "not an event" in text
    rows = [re.findall(r"[\w.]+", line) for line in text[text.rindex("Event type") :].splitlines()]
    assert [row for row in rows if row] == [
        ["Event", "type", "kept", "minimum_severity", "no", "event", "rank_greater_than"],
        ["PacketLog", "1", "1", "1"],
        ["SystemEvent", "1"],
        ["no", "event", "1"],
        ["all", "1", "2", "1", "1"],
    ]
    assert counts == {"kept": 1, "minimum_severity": 2, "no event": 1, "rank_greater_than": 1}


def test_folded_events_name_the_one_that_stands_for_them() -> None:
    packet, other = sample("PacketLog")[0], sample("SystemEvent")[0]
    repeated = [{**packet, "LogDate": f"2024-05-14T09:40:0{number}.000Z"} for number in range(3)]
    counts, text = explained([other, *repeated], fold_repeats=True)
    assert counts == {"kept": 2, "folded": 2}
    assert "kept, for 3 events, 09:40:00 to 09:40:02" in text and text.count("folded into 2") == 2


@pytest.mark.parametrize("text", ["{", "[]", '{"rank": 1}', '{"minimum_severity": "urgent"}', ""])
def test_a_bad_filter_or_a_missing_file_is_an_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    arguments = ["--filter", text] if text else ["--events", "absent.json"]
    monkeypatch.setattr("sys.argv", ["explain", "--events", str(SAMPLES / "PacketLog.json"), *arguments])
    assert explain.main() == 1


def test_no_control_character_reaches_the_terminal() -> None:
    _, text = explained([{"EventType": "\x1b[31mX", "Title": "\x1b]0;title\x07"}])
    assert "\x1b" not in text and "\x07" not in text and "�" in text
