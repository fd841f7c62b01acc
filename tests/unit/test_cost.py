"""What an event costs, in counts that are the same on every machine and at every load. `make bench` has the times.

When one of these fails, the change costs something: look whether it has to. If it is worth it, raise the bound to the
new figure and a tenth (the message tells the figure) and say in the commit what was bought for it. When a figure sinks
for good, lower its bound.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import sysconfig
import threading
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from deep_security_datadog.api_key import ApiKey
from deep_security_datadog.deliver import Answer, Courier, Outcome, Parcel
from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.settings import Settings
from tests.payload import RememberingQueues
from tools import datadog_intake
from tools.bench import lambda_events
from tools.repository import PACKAGE, ROOT

pytestmark = pytest.mark.usefixtures("no_proxy")

AT_ONCE = 16
BOUNDS = {
    # Of Python's own and the payload's, after `import deep_security_datadog.handler`.
    "modules": 305,
    # Functions called per event, Python's own in C among them.
    "calls to render": 430,
    "calls to open, filter, settle and report": 128,
    "calls to make a request": 870,
    # The highest that is allocated while a batch is forwarded, divided by its events.
    "bytes of a batch per event": 5_700,
    # What recurs is kept, in caches that an attacker can fill.
    "bytes kept between invocations": 1_310_000,
}
# Slow to import and needed by none or, botocore, only when the key is read.
NEVER_AT_IMPORT = {"boto3", "botocore", "s3transfer", "multiprocessing", "asyncio", "unittest", "pydoc", "sqlite3"}
NEVER = {"boto3", "s3transfer", "multiprocessing", "asyncio", "unittest", "pydoc", "sqlite3"}


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intake is on this machine, whatever the environment says of proxies."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Readily:
    """Stands for the courier: makes each body, counts the calls for it, sends nothing, accepts all."""

    calls_to_render = 0

    def deliver(self, parcels: Iterable[Parcel], **_: object) -> list[Answer]:
        return [self._take(parcel) for parcel in parcels]

    def _take(self, parcel: Parcel) -> Answer:
        self.calls_to_render += _calls(parcel.body)
        return Answer(outcome=Outcome.ACCEPTED, status=202, attempts=1)


class Calls:
    """Counts the calls of Python functions and of functions in C."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _frame: object, event: str, _argument: object) -> None:
        self.count += event in ("call", "c_call")


def _forwarder(courier: Any, **environment: str) -> Forwarder:
    settings = Settings.from_environment({"DD_API_KEY_SSM_NAME": "/datadog", "DD_TAGS": "env:test", **environment})
    return Forwarder(settings, courier, RememberingQueues())


def _forward(forwarder: Forwarder, payload: Any) -> None:
    answer = forwarder.forward(open_envelope(payload), seconds_left=lambda: 900, request_id="request")
    assert answer == {"batchItemFailures": []}


def _courier(at_once: int) -> Courier:
    return Courier(ApiKey(lambda: datadog_intake.API_KEY, reload_interval=300), concurrent_requests=at_once)


def _holds(name: str, figure: float) -> None:
    assert figure <= BOUNDS[name], f"{name}: {figure:,.0f}, at most {BOUNDS[name]:,}"


def test_an_event_is_one_request_and_connections_are_kept() -> None:
    with datadog_intake.running() as intake:
        forwarder = _forwarder(_courier(AT_ONCE), DD_API_URL=intake.url, MAX_CONCURRENT_REQUESTS=str(AT_ONCE))
        _forward(forwarder, lambda_events.payload(100))
        assert len(intake.events) == len(intake.requests) == 100
        opened = {request.connection for request in intake.requests}
        assert len(opened) <= AT_ONCE
        _forward(forwarder, lambda_events.payload(100))
        assert len(intake.events) == len(intake.requests) == 200
        # Threads that had nothing to do the first time may open their first connection now.
        assert len({request.connection for request in intake.requests}) <= AT_ONCE


def test_a_thousand_logs_are_one_request() -> None:
    with datadog_intake.running() as intake:
        forwarder = _forwarder(_courier(AT_ONCE), DD_LOGS_URL=intake.url, DESTINATIONS="logs")
        _forward(forwarder, lambda_events.payload(1000))
        assert len(intake.requests) == 1
        _forward(forwarder, lambda_events.payload(1000))
        assert [request.connection for request in intake.requests] == [intake.requests[0].connection] * 2
        assert len(intake.logs) == 2000


def test_what_importing_the_handler_imports(tmp_path: Path) -> None:
    modules = _modules("import deep_security_datadog.handler", tmp_path)
    assert not NEVER_AT_IMPORT & modules
    _holds("modules", len(modules))


def test_what_a_client_of_aws_imports(tmp_path: Path) -> None:
    program = "from deep_security_datadog import aws; aws.client('secretsmanager', region='us-east-1')"
    runtime = sysconfig.get_path("purelib")
    modules = _modules(program, tmp_path, runtime)
    assert "botocore" in modules
    assert not NEVER & modules


def _modules(program: str, folder: Path, *runtime: str) -> set[str]:
    """The modules after the program, with the zip's dependencies and nothing else that is not Python's own."""
    with ZipFile(PACKAGE) as archive:
        archive.extractall(folder)
    path = [str(ROOT / "lambda" / "src"), str(folder), *runtime]
    printing = f"import sys; sys.path[:0] = {path!r}; {program}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", printing], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_calls_per_event() -> None:
    courier = Readily()
    forwarder, payload = _forwarder(courier), lambda_events.payload(90)
    _forward(forwarder, payload)
    courier.calls_to_render = 0
    everything = _calls(lambda: _forward(forwarder, payload))
    _holds("calls to render", courier.calls_to_render / 90)
    _holds("calls to open, filter, settle and report", (everything - courier.calls_to_render) / 90)


def _calls(work: Callable[[], object]) -> int:
    """Nested within another count, the calls count there too."""
    around, calls = sys.getprofile(), Calls()
    sys.setprofile(calls)
    try:
        work()
    finally:
        sys.setprofile(around)
        if isinstance(around, Calls):
            around.count += calls.count
    return calls.count


def test_calls_per_request() -> None:
    calls = Calls()
    with datadog_intake.running() as intake:
        parcel = Parcel(url=f"{intake.url}/api/v1/events", body=lambda: b'{"title":"t","text":"x"}')
        courier = _courier(1)
        # The intake's threads are not what is counted.
        threading.setprofile(lambda *_: sys.setprofile(calls if "datadog" in threading.current_thread().name else None))
        try:
            # The one thread of the pool starts, and opens its connection.
            courier.deliver([parcel], seconds_left=lambda: 900)
            before = calls.count
            answers = courier.deliver([parcel] * 50, seconds_left=lambda: 900)
        finally:
            threading.setprofile(None)  # type: ignore[arg-type]
    assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
    _holds("calls to make a request", (calls.count - before) / 50)


@pytest.mark.parametrize("length", [30, 64, 160, 400, 2_000])
def test_what_is_kept_of_values_that_an_attacker_chose(length: int) -> None:
    forwarder = _forwarder(Readily())
    batches = [_hostile(length, number) for number in range(4)]
    _forward(forwarder, batches[0])
    tracemalloc.start()
    try:
        for batch in batches[1:]:
            _forward(forwarder, batch)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    _holds("bytes kept between invocations", kept)


# Four bytes a character, the most that Python takes.
_WIDE = "\U0001f600"


def _hostile(length: int, batch: int) -> Any:
    """Events whose values are all different and of that length, and so are names that are not known."""
    payload = lambda_events.payload(100, records=1)
    body = json.loads(payload["Records"][0]["body"])
    kept = {"EventType", "EventID", "LogDate", "HostCloudInstanceTags"}
    events = json.loads(body["Message"])
    for number, event in enumerate(events):
        mark = f"{batch}-{number}-"
        for place, name in enumerate(set(event) - kept):
            event[name] = f"{mark}{place}-".ljust(length, _WIDE)
        event[f"{mark}name-".ljust(length, _WIDE)] = "value"
        event["HostCloudInstanceTags"] = {f"{mark}key-".ljust(length, _WIDE): mark.ljust(length, _WIDE)}
    body["Message"] = json.dumps(events)
    payload["Records"][0]["body"] = json.dumps(body)
    return payload


def test_bytes_per_event() -> None:
    forwarder, payload = _forwarder(Readily()), lambda_events.payload(200)
    _forward(forwarder, payload)
    tracemalloc.start()
    try:
        _forward(forwarder, payload)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    _holds("bytes of a batch per event", peak / 200)
