"""`make bench` measures what it says, here with a tiny handler in the place of the payload."""

import re
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from tools import samples
from tools.bench import __main__ as bench
from tools.repository import PACKAGE

HANDLER = """
import http.client, json, os
from concurrent.futures import ThreadPoolExecutor

def send(event):
    for _ in range({steps}):
        pass
    connection = http.client.HTTPConnection(json.loads(os.environ["DESTINATIONS"])["events"]["url"].partition("//")[2])
    body = json.dumps({{"title": "t", "text": json.dumps(event)[:4000]}})
    headers = {{"DD-API-KEY": "0123456789abcdef0123456789abcdef", "Content-Type": "application/json"}}
    connection.request("POST", "/api/v1/events", body, headers)
    assert connection.getresponse().status == 202

def lambda_handler(batch, context):
    events = [event for record in batch["Records"] for event in json.loads(json.loads(record["body"])["Message"])]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send, events[{dropped}:]))
    return {{"batchItemFailures": []}}
"""
CPU = "CPU of an event / requests.post"


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., str]:
    """Makes a zip with the tiny handler. steps: CPU that it burns for each event. dropped: events that it forgets."""

    def build(name: str, *, steps: int = 0, dropped: int = 0) -> str:
        with ZipFile(PACKAGE) as real, ZipFile(tmp_path / name, "w") as made:
            for entry in real.namelist():
                if not entry.startswith("deep_security_datadog/"):
                    made.writestr(entry, real.read(entry))
            made.writestr("deep_security_datadog/handler.py", HANDLER.format(steps=steps, dropped=dropped))
        return str(tmp_path / name)

    return build


def test_a_slow_payload_misses_its_target(
    package: Callable[..., str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "THROUGHPUT", {100: 96})
    monkeypatch.setattr(samples, "MAX_MESSAGE_BYTES", 10_000)
    assert bench.main(["--quick", package("slow.zip", steps=100_000)]) == 1
    lines = {line[:50].strip(): line[50:] for line in capsys.readouterr().out.splitlines()}
    assert re.search(r"≤ 0\.9 missed$", lines[CPU])
    assert "≤ 100 met" in lines["peak memory, 10 messages of 256 KB (MB)"]
    assert float(lines["import / import of requests"].split()[0]) >= 1
    # The fake answers as late as it should.
    assert 0.1 < float(lines["events/s / ideal, answers after 100 ms"].split()[0]) <= 1


@pytest.mark.usefixtures("capsys")
def test_the_exit_code_is_1_when_a_median_misses_its_target() -> None:
    answers = "events/s / ideal, answers after 500 ms"
    good = {CPU: [0.8, 0.9, 2.0], answers: [0.9], "CPU of an event (ms)": [1000.0]}
    assert bench.report(good) == 0
    assert bench.report(good | {CPU: [0.8, 0.91, 2.0]}) == bench.report(good | {answers: [0.89]}) == 1


def test_a_payload_that_drops_events_is_not_measured(package: Callable[..., str]) -> None:
    with pytest.raises(SystemExit, match="the payload sent 0 of 44 events"):
        bench.main(["--quick", package("forgetful.zip", dropped=44)])
