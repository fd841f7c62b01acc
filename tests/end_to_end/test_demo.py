"""`make demo` from the outside: what it shows, and that nothing of it stays whenever it is ended."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from deep_security_datadog.deep_security.event import Event
from tools import samples
from tools.demo import PAGE, compare, conclude, main, show
from tools.demo_page import Destination
from tools.explain import Verdict
from tools.repository import ROOT

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Demo

GONE_SECONDS = 60


def processes_of(folder: Path) -> dict[int, str]:
    """Running programs that work in the folder, by the environment that each inherits."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(folder) in value for value in process.environ().values()):
                found[process.pid] = shlex.join(process.cmdline())
    return found


def assert_nothing_left(folder: Path) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while (processes_of(folder) or any(folder.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(folder) == {}
    assert list(folder.iterdir()) == []


def environment(**variables: object) -> dict[str, str]:
    """As the Makefile sets it, with these variables."""
    wanted = {"PYTHONPATH": ROOT / "lambda" / "src"} | variables
    return os.environ | {name: str(value) for name, value in wanted.items()}


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo", *arguments],
        cwd=ROOT,
        env=environment(TMPDIR=folder, PYTHONUNBUFFERED=1),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_shows_every_sample_and_leaves_nothing(demo: Demo) -> None:
    assert demo.code == 0, demo.output
    count = sum(len(samples.events_of(message)) for message in samples.messages().values())
    assert f"logs: {count} of {count} arrived, each once" in demo.output
    dropped = re.search(rf"events: (\d+) of {count} arrived, each once, (\d+) dropped by the filter", demo.output)
    assert dropped and int(dropped[1]) + int(dropped[2]) == count and int(dropped[2]) > 0
    order = [demo.output.find(text) for text in ("two minutes", "What Datadog received", "each once", "destroy")]
    assert -1 < order[0] < order[1] < order[2] < order[3]
    assert str(PAGE.relative_to(ROOT)) in demo.output
    page = PAGE.read_text()
    for shown in ("サーバー-01", "i-0123456789abcdef0", "severity:high", f"{dropped[2]} events dropped"):
        assert shown in page
    assert page.count('<li class="row') == int(dropped[1]) + count
    assert_nothing_left(demo.folder)


@pytest.mark.parametrize(
    ("stage", "seconds", "number"),
    [
        ("AWS emulator", 0, signal.SIGINT),
        ("terraform init", 0.5, signal.SIGTERM),
        ("terraform apply", 4, signal.SIGINT),
        ("terraform apply", 4, signal.SIGKILL),
    ],
    ids=str,
)
def test_nothing_left_when_ended(tmp_path: Path, number: signal.Signals, stage: str, seconds: float) -> None:
    with start(tmp_path) as demo:
        for line in demo.stdout or ():
            if line.startswith(stage):
                break
        time.sleep(seconds)
        assert stage.startswith("AWS") or processes_of(tmp_path)
        demo.send_signal(number)
        demo.communicate(timeout=GONE_SECONDS)
    assert demo.returncode == (-number if number == signal.SIGKILL else 130)
    if number == signal.SIGKILL:
        # Nobody could tidy up behind it, but what it started ended by itself.
        time.sleep(1)
        assert processes_of(tmp_path) == {}
    else:
        assert_nothing_left(tmp_path)


def test_impatient_interruptions(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        for line in demo.stdout or ():
            if line.startswith("terraform init"):
                break
        for _ in range(5):
            demo.send_signal(signal.SIGINT)
            time.sleep(0.02)
        demo.communicate(timeout=GONE_SECONDS)
    assert demo.returncode == 130
    assert_nothing_left(tmp_path)


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        check=False,
        cwd=ROOT,
        env=environment(TMPDIR=tmp_path, PATH=tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 1
    assert "install it from https://developer.hashicorp.com/terraform/install" in run.stdout
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        ("{", "is not JSON in UTF-8"),
        ("[]", "must be a JSON array of events"),
        ("3", "must be a JSON array of events"),
        ("[1]", "entry 1 is not an object"),
        ('{"Records": []}', "is a Lambda event"),
        (b"\xff", "is not JSON in UTF-8"),
    ],
)
def test_bad_event_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | bytes | None,
    told: str,
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    path = tmp_path / "events.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["--events", str(path)]) == 1
    assert told in capsys.readouterr().out.replace("\n", " ")


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


def test_destinations_that_the_module_refuses(tmp_path: Path) -> None:
    with start(tmp_path, "--destinations", '{"event": {}}') as demo:
        output, _ = demo.communicate(timeout=300)
    assert demo.returncode == 1
    assert "destinations names unknown destinations: event" in " ".join(output.split())
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("sent", "received", "missing", "surplus"),
    [
        ("12", "12", "", ""),
        ("12", "21", "", ""),
        ("12", "1", "2", ""),
        ("12", "122", "", "2"),
        ("11", "1", "1", ""),
        ("12", ["1", "12"], "2", ["12"]),
        ("12", "123", "", "3"),
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
