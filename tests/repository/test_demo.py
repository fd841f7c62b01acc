"""`make demo`: the files that it takes, and how it concludes. tests/end_to_end/test_demo.py runs it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deep_security_datadog.deep_security.event import Event
from tools import samples
from tools.demo import PAGE, compare, conclude, main, show
from tools.demo_page import Destination
from tools.explain import Verdict


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "is not JSON in UTF-8"),
        (b"3", "must be a JSON array of events"),
        (b"[1]", "entry 1 is not an object"),
        (b'{"Records": []}', "is a Lambda event"),
        (b"\xff", "is not JSON in UTF-8"),
    ],
)
def test_bad_event_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    path = tmp_path / "events.json"
    path.write_bytes(content)
    assert main(["--events", str(path)]) == 1
    assert told in capsys.readouterr().out.replace("\n", " ")
    assert main(["--events", str(tmp_path / "absent.json")]) == 1
    assert "No such file" in capsys.readouterr().out


def test_large_files_go_in_several_messages() -> None:
    events = [{"EventType": "SystemEvent", "EventID": number, "Description": "=" * 10_000} for number in range(20)]
    parts = samples.split(events)
    assert [event for part in parts for event in part] == events
    assert len(parts) > 1
    sizes = [len(samples.encode(part).encode()) for part in parts]
    assert max(sizes) <= samples.MAX_MESSAGE_BYTES
    with pytest.raises(samples.EventsError, match="event 2 has"):
        samples.split([{}, {"Description": "x" * 300_000}])


@pytest.mark.parametrize(("good", "code"), [(True, 0), (False, 1)])
def test_the_page_is_named_and_opened_if_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], good: bool, code: int
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tools.demo.run", lambda *_, **__: good)
    assert main([]) == code and not opened
    assert main(["--open"]) == code and opened == [PAGE.as_uri()]
    assert "build/demo.html" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{", "[]", '{"events": []}'])
def test_destinations_that_are_no_objects(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with pytest.raises(SystemExit):
        main(["--destinations", text])
    assert "must be JSON such as" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sent", "received", "missing", "surplus"),
    [
        ("12", "21", "", ""),
        ("12", "1", "2", ""),
        ("12", "122", "", "2"),
        ("11", "1", "1", ""),
        ("12", ["1", "12"], "2", ["12"]),
        # The second's text was too long for its identifiers.
        ("12", ["1", None], "", ""),
        ("12", ["1", None, None], "2", [None, None]),
        # They cannot be told apart.
        ([None, None], [None, None], "", ""),
        ([None, None], [None], [None], ""),
        ([None, None], [None, None, None], "", [None]),
    ],
)
def test_what_arrived_is_compared_with_what_was_sent(sent: Any, received: Any, missing: Any, surplus: Any) -> None:
    assert compare(sent, received) == (Counter(missing), Counter(surplus))


@pytest.mark.parametrize(
    ("arrived", "good", "told"),
    [
        ([1, 2], True, "logs: 2 of 3 arrived, each once, 1 dropped by the filter"),
        ([1], False, "logs: 1 of 3 arrived, 1 dropped by the filter, 1 missing (EventID 2)"),
        ([1, 2, 3], False, "logs: 3 of 3 arrived, 1 dropped by the filter, 1 too many (EventID 3)"),
    ],
)
def test_the_verdict_names_what_is_wrong(
    capsys: pytest.CaptureFixture[str], arrived: list[int], good: bool, told: str
) -> None:
    verdicts = [
        Verdict(Event({"EventID": number}), verdict) for number, verdict in enumerate(("kept", "kept", "exclude"), 1)
    ]
    received = [{"deep_security": {"EventID": number}} for number in arrived]
    destination = Destination("logs", {}, verdicts, received)
    assert conclude([destination], 3, ["a line of the log"]) is good
    out = capsys.readouterr().out
    assert told in out and ("a line of the log" in out) is not good


def test_what_looks_the_same_is_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    received = [{"title": title, "text": "", "date_happened": seconds} for seconds, title in enumerate("aba", 1)]
    show(Destination("events", {}, [], received))
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if "info" in line]
    assert [(row[-4], row[-2]) for row in rows] == [("a", "2"), ("b", "1")]
