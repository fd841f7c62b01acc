"""`make demo` from the outside: what it shows, and that nothing of it stays whenever it is ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import samples
from tools.demo import compare
from tools.repository import ROOT

GONE_SECONDS = 10


def processes_of(folder):
    """Running programs that work in the folder, by the environment that each inherits."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found[process.name] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def assert_nothing_left(folder):
    deadline = time.monotonic() + GONE_SECONDS
    while (processes_of(folder) or any(folder.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(folder) == {}
    assert list(folder.iterdir()) == []


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_shows_every_sample_and_leaves_nothing(demo):
    assert demo.code == 0, demo.output
    count = sum(len(samples.events_of(message)) for message in samples.messages().values())
    assert f"{count} events published, {count} arrived, each once." in demo.output
    for shown in ("What Datadog received", "サーバー-01", "i-0123456789abcdef0", "severity:high", "%%%"):
        assert shown in demo.output
    assert_nothing_left(demo.folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize(
    ("stage", "seconds"),
    [("AWS emulator", 0), ("terraform init", 0.5), ("terraform apply", 4)],
    ids=lambda value: value,
)
def test_nothing_left_when_ended(tmp_path, number, stage, seconds):
    with start(tmp_path) as demo:
        for line in demo.stdout:
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


def test_impatient_interruptions(tmp_path):
    with start(tmp_path) as demo:
        for line in demo.stdout:
            if line.startswith("terraform init"):
                break
        for _ in range(5):
            demo.send_signal(signal.SIGINT)
            time.sleep(0.02)
        demo.communicate(timeout=GONE_SECONDS)
    assert demo.returncode == 130
    assert_nothing_left(tmp_path)


def test_failure_leaves_nothing(tmp_path):
    broken = {**os.environ, "TMPDIR": str(tmp_path), "PATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        check=False,
        cwd=ROOT,
        env=broken,
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
        ("{", "is not JSON"),
        ("[]", "must be a JSON array of events"),
        ("3", "must be a JSON array of events"),
        ("[1]", "entry 1 is not an object"),
        ('{"Records": []}', "is a Lambda event"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_bad_event_files(tmp_path, content, told):
    path = tmp_path / "events.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with start(tmp_path, "--events", str(path)) as demo:
        output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert told in output.replace("\n", " ")
    assert "Traceback" not in output


def test_large_files_go_in_several_messages():
    events = [{"EventType": "SystemEvent", "EventID": number, "Description": "=" * 10_000} for number in range(20)]
    parts = samples.split(events)
    assert [event for part in parts for event in part] == events
    assert len(parts) > 1
    sizes = [len(samples.encode(part).encode()) for part in parts]
    assert max(sizes) <= samples.MAX_MESSAGE_BYTES
    with pytest.raises(samples.EventsError, match="event 2 has"):
        samples.split([{}, {"Description": "x" * 300_000}])


@pytest.mark.parametrize(
    ("received", "good", "missing", "repeated"),
    [
        (["1", "2"], True, [], []),
        (["1"], False, ["2"], []),
        (["1", "2", "2"], False, [], ["2"]),
        (["1", "12"], False, ["2"], []),
        (["1", "2", "other"], False, [], []),
        # The second's text was too long for its identifiers.
        (["1", None], True, [], []),
        (["1", None, None], False, [], []),
    ],
)
def test_verdict(received, good, missing, repeated):
    texts = [f"- Event: `2024-05-02`\n- Event id: `{number}`\n" if number else "- Port: `2`" for number in received]
    verdict = compare([{"EventID": 1}, {"EventID": 2}], [{"text": text} for text in texts])
    assert (verdict.good, verdict.missing, verdict.repeated) == (good, missing, repeated)


def test_verdict_on_events_that_cannot_be_told_apart():
    published = [json.loads('{"EventType": "TestSNS"}')] * 2
    assert compare(published, [{"text": ""}] * 2).good
    assert not compare(published, [{"text": ""}]).good
    assert not compare(published, [{"text": ""}] * 3).good
