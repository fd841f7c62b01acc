"""What an event costs, in counts that are the same on every machine at any load. `make bench` has the times.

When one of these fails, the change costs something: see whether it has to. If it is worth it, raise the bound to the
new figure and a tenth (the message has the figure) and say in the commit what was gained. When a figure drops for good,
lower its bound. Only the handler and its environment are used, so that a redesign is measured by the same bounds.
"""

import gc
import importlib
import itertools
import json
import subprocess
import sys
import sysconfig
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest

from deep_security_datadog import handler
from tests.support import sqs_record
from tools import fake_datadog, samples
from tools.repository import PACKAGE, ROOT

AT_ONCE = 16
BOUNDS = {
    # After `import deep_security_datadog.handler`: Python's own, the libraries' and the payload's.
    "modules": 355,
    # Functions called per event by the payload's own code, and by the libraries; those in C count too.
    "calls by the payload": 1_030,
    "calls by libraries": 1_580,
    # The highest that is allocated while a batch is forwarded, divided by its events.
    "bytes of a batch per event": 7_800,
    # Nothing of an event is kept, so that an attacker can fill nothing: it would be megabytes. Threads of other tests
    # may allocate a little meanwhile.
    "bytes kept between invocations": 150_000,
}
# Slow to import and needed by none or, botocore, only when the key is read.
NEVER_AT_IMPORT = {"boto3", "botocore", "s3transfer", "multiprocessing", "asyncio", "unittest", "pydoc", "sqlite3"}
NEVER = NEVER_AT_IMPORT - {"botocore"}
CONTEXT = SimpleNamespace(aws_request_id="request", get_remaining_time_in_millis=lambda: 900_000)
SOURCE = str(ROOT / "lambda" / "src")

Invoke = Callable[[Any], None]
# Each record has an id of its own: one that is delivered again sends nothing.
_RECORDS = itertools.count()


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    """The URL of a Datadog and a Secrets Manager whose threads are not counted, being in a process of their own."""
    with fake_datadog.apart() as url:
        yield url


@pytest.fixture
def start(fake: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Invoke]:
    """Starts an execution environment with the given URLs of destinations."""

    def start(**urls: str) -> Invoke:
        for name, value in _environment(fake, **urls).items():
            monkeypatch.setenv(name, value)
        lambda_handler = importlib.reload(handler).lambda_handler

        def invoke(batch: Any) -> None:
            assert lambda_handler(batch, CONTEXT) == {"batchItemFailures": []}

        return invoke

    return start


def _environment(fake: str, **urls: str) -> dict[str, str]:
    return {
        "NO_PROXY": "127.0.0.1",
        "AWS_ENDPOINT_URL": fake,
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "DD_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:datadog-AbCdEf",
        "DD_TAGS": "env:test",
        "DESTINATIONS": json.dumps({name: {"url": url} for name, url in urls.items()}),
    }


def _events(count: int) -> list[dict[str, Any]]:
    """The samples in turn."""
    found = itertools.cycle(
        event
        for name, message in samples.messages().items()
        if name != "TestSNS"
        for event in samples.events_of(message)
    )
    return [event | {"EventID": number} for number, event in enumerate(itertools.islice(found, count), 1_000_000)]


def _batch(events: list[dict[str, Any]], messages: int = 10) -> dict[str, Any]:
    return {
        "Records": [
            sqs_record(events[place::messages], record_id=f"r-{next(_RECORDS)}", message_id=f"m-{place}")
            for place in range(messages)
        ]
    }


def _holds(name: str, figure: float) -> None:
    assert figure <= BOUNDS[name], f"{name}: {figure:,.0f}, at most {BOUNDS[name]:,}"


def test_an_event_is_one_request_and_connections_are_kept(start: Callable[..., Invoke]) -> None:
    with fake_datadog.running() as intake:
        invoke = start(events=intake.url)
        for total in (100, 200):
            invoke(_batch(_events(100)))
            assert len(intake.events) == len(intake.requests) == total
            assert len({request.connection for request in intake.requests}) <= AT_ONCE


def test_a_thousand_logs_are_one_request(start: Callable[..., Invoke]) -> None:
    with fake_datadog.running() as intake:
        invoke = start(logs=intake.url)
        for total in (1, 2):
            invoke(_batch(_events(1000)))
            assert len(intake.requests) == total and len(intake.logs) == 1000 * total
        assert len({request.connection for request in intake.requests}) == 1


def test_what_importing_the_handler_imports(tmp_path: Path) -> None:
    modules = _modules("import deep_security_datadog.handler", tmp_path)
    assert not NEVER_AT_IMPORT & modules
    _holds("modules", len(modules))


def test_what_reading_the_key_imports(fake: str, tmp_path: Path) -> None:
    program = (
        "import json, types; from deep_security_datadog.handler import lambda_handler;"
        "context = types.SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000);"
        "assert lambda_handler(json.loads(sys.argv[1]), context) == {'batchItemFailures': []}"
    )
    batch, runtime = json.dumps(_batch(_events(1), messages=1)), sysconfig.get_path("purelib")
    modules = _modules(program, tmp_path, batch, path=[runtime], environment=_environment(fake, events=fake))
    assert "botocore" in modules
    assert not NEVER & modules


def _modules(
    program: str,
    folder: Path,
    *arguments: str,
    path: list[str] | None = None,
    environment: dict[str, str] | None = None,
) -> set[str]:
    """The modules after the program, with the zip's dependencies and nothing else that is not Python's own."""
    with ZipFile(PACKAGE) as archive:
        archive.extractall(folder)
    printing = f"import sys; sys.path[:0] = {[SOURCE, str(folder), *(path or [])]!r}; {program}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-B", "-c", printing, *arguments]
    result = subprocess.run(command, env=environment or {}, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.splitlines()[-1].split())


def test_calls_per_event(start: Callable[..., Invoke], fake: str) -> None:
    # A key per thread and place, because += on a shared one loses counts.
    calls: Counter[tuple[int, bool]] = Counter()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            calls[threading.get_ident(), frame.f_code.co_filename.startswith(SOURCE)] += 1

    invoke, batch = start(events=fake), _batch(_events(90))
    before = sys.getprofile()
    threading.setprofile(count)
    try:
        invoke(batch)
        calls.clear()
        sys.setprofile(count)
        invoke(batch)
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    for name, own in (("calls by the payload", True), ("calls by libraries", False)):
        _holds(name, sum(number for (_, place), number in calls.items() if place is own) / 90)


def test_bytes_per_event(start: Callable[..., Invoke], fake: str) -> None:
    invoke, batch = start(events=fake), _batch(_events(200))
    invoke(batch)
    _, peak = _allocated(lambda: invoke(batch))
    _holds("bytes of a batch per event", peak / 200)


@pytest.mark.parametrize(("length", "count"), [(30, 100), (2_000, 20)])
def test_what_is_kept_of_values_that_an_attacker_chose(
    start: Callable[..., Invoke], fake: str, length: int, count: int
) -> None:
    invoke = start(events=fake)
    batches = [_hostile(length, count, number) for number in range(4)]
    invoke(batches[0])
    kept, _ = _allocated(lambda: [invoke(batch) for batch in batches[1:]])
    _holds("bytes kept between invocations", kept)


def _allocated(work: Callable[[], object]) -> tuple[int, int]:
    """Bytes that the work allocates and keeps, and its peak."""
    tracemalloc.start()
    try:
        work()
        gc.collect()
        return tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()


# Four bytes a character, the most that Python takes.
_WIDE = "\U0001f600"


def _hostile(length: int, count: int, number: int) -> Any:
    """Events whose values are all different and of that length, and so are names that are not known."""
    kept = {"EventType", "EventID", "LogDate", "HostCloudInstanceTags"}
    events = _events(count)
    for place, event in enumerate(events):
        mark = f"{number}-{place}-"
        event |= {name: f"{mark}{other}-".ljust(length, _WIDE) for other, name in enumerate(set(event) - kept)}
        event[f"{mark}name-".ljust(length, _WIDE)] = "value"
        event["HostCloudInstanceTags"] = {f"{mark}key-".ljust(length, _WIDE): mark.ljust(length, _WIDE)}
    return _batch(events, messages=1)
