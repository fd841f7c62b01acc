"""`make demo` from the outside: what it shows, and that nothing of it stays whenever it is ended."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.stack import PATIENCE_SECONDS
from tools import samples
from tools.demo import PAGE
from tools.repository import ROOT


def processes_of(folder: Path) -> dict[int, str]:
    """Running programs that work in the folder, by the environment that each inherits."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(folder) in value for value in process.environ().values()):
                found[process.pid] = shlex.join(process.cmdline())
    return found


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == {}


def assert_nothing_left(folder: Path) -> None:
    wait_until_gone(folder)
    assert list(folder.iterdir()) == []


def start(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """As the Makefile does."""
    environment = {"PYTHONPATH": f"{ROOT}/lambda/src", "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"} | variables
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Its exit code and output, once it has ended by itself and left nothing."""
    with start(folder, *arguments, **variables) as demo:
        output, _ = demo.communicate(timeout=480)
    assert_nothing_left(folder)
    assert "Traceback" not in output
    return demo.returncode, output


def test_shows_every_sample_and_leaves_nothing(tmp_path: Path) -> None:
    destinations = '{"events": {"filter": {"minimum_severity": "high"}}, "logs": {}}'
    code, output = run(tmp_path, "--destinations", destinations)
    assert code == 0, output
    count = sum(len(samples.events_of(message)) for message in samples.messages().values())
    assert f"logs: {count} of {count} arrived, each once" in output
    dropped = re.search(rf"events: (\d+) of {count} arrived, each once, (\d+) dropped by the filter", output)
    assert dropped and int(dropped[1]) + int(dropped[2]) == count and int(dropped[2]) > 0
    order = [output.find(text) for text in ("two minutes", "What Datadog received", "each once", "destroy")]
    assert -1 < order[0] < order[1] < order[2] < order[3]
    assert str(PAGE.relative_to(ROOT)) in output
    page = PAGE.read_text()
    for shown in ("サーバー-01", "i-0123456789abcdef0", "severity:high", f"{dropped[2]} events dropped"):
        assert shown in page
    assert page.count('<li class="row') == int(dropped[1]) + count


@pytest.mark.parametrize(
    ("running", "number", "times"),
    [(" init -", signal.SIGINT, 5), ("terraform-provider-aws", signal.SIGTERM, 1), (" apply -", signal.SIGKILL, 1)],
    ids=str,
)
def test_nothing_left_when_ended(tmp_path: Path, running: str, number: signal.Signals, times: int) -> None:
    with start(tmp_path) as demo:
        while demo.poll() is None and not any(running in command for command in processes_of(tmp_path).values()):
            time.sleep(0.1)
        for _ in range(times):
            demo.send_signal(number)
            time.sleep(0.02)
        demo.communicate(timeout=PATIENCE_SECONDS)
    if number == signal.SIGKILL:
        # Nobody could tidy up behind it, but what it started ends by itself.
        wait_until_gone(tmp_path)
        assert demo.returncode == -number
    else:
        assert_nothing_left(tmp_path)
        assert demo.returncode == 130


def test_failures_leave_nothing(tmp_path: Path) -> None:
    code, output = run(tmp_path, PATH=str(tmp_path), TERRAFORM="terraform")
    assert code == 1 and "install it from https://developer.hashicorp.com/terraform/install" in output
    code, output = run(tmp_path, "--destinations", '{"event": {}}')
    assert code == 1 and "destinations names unknown destinations: event" in " ".join(output.split())
