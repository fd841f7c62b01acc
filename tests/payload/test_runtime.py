"""The committed zip under AWS's own runtime client, with Lambda's Runtime API as documented in its place.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Between invocations the process is frozen, and it is
killed at its deadline.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple
from zipfile import ZipFile

import pytest

from tests.support import sample, sqs_record
from tools.fake_datadog import SECRET, FakeDatadog
from tools.fake_datadog.faults import always, delay, respond, when
from tools.repository import PACKAGE


class Posted(NamedTuple):
    """What the function told Lambda: `response` or `error`."""

    kind: str
    body: Any


class Environment:
    """An execution environment."""

    def __init__(self, task: Path, environ: dict[str, str]) -> None:
        self._events: SimpleQueue[tuple[str, float, bytes]] = SimpleQueue()
        self._posted: SimpleQueue[Posted] = SimpleQueue()
        self._asks = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        # In a function, the zip comes before what the runtime brings.
        path = os.pathsep.join([str(task), sysconfig.get_path("purelib")])
        command = [sys.executable, "-m", "awslambdaric", "deep_security_datadog.handler.lambda_handler"]
        api = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "f"}
        self.log = task / "log"
        with self.log.open("wb") as log:
            environ = {**environ, **api, "PYTHONPATH": path}
            self._process = subprocess.Popen(command, cwd=task, env=environ, stdout=log)
        self.seconds = 0.0

    def invoke(self, event: Any, *, timeout: float = 30) -> Posted:
        """What is told within the timeout; the process is frozen before and after."""
        self._process.send_signal(signal.SIGCONT)
        started = time.monotonic()
        self._events.put((f"q-{started}", time.time() + timeout, json.dumps(event).encode()))
        try:
            posted = self._posted.get(timeout=timeout)
        except Empty:
            self._process.kill()
            pytest.fail("Task timed out: the function is killed at its deadline")
        self.seconds = time.monotonic() - started
        # Not in the middle of asking for the next event.
        assert self._asks.wait(30)
        self._process.send_signal(signal.SIGSTOP)
        return posted

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        events, posted, asks = self._events, self._posted, self._asks

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert self.path == "/2018-06-01/runtime/invocation/next"
                asks.set()
                request, deadline, event = events.get()
                asks.clear()
                self.send_response(200)
                for name, value in {
                    "Lambda-Runtime-Aws-Request-Id": request,
                    "Lambda-Runtime-Deadline-Ms": str(round(deadline * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:111122223333:function:f",
                    "Content-Type": "application/json",
                    "Content-Length": str(len(event)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                posted.put(Posted(self.path.rpartition("/")[2], json.loads(body)))

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (its name in the base class)
                """Says nothing."""

        return Handler


@pytest.fixture
def environment(fake: FakeDatadog, tmp_path: Path) -> Iterator[Environment]:
    """With the zip as Lambda unpacks it, and a fake Datadog that is Secrets Manager, too."""
    fake.faults.append(when(lambda request: request.path == "/", respond(200, SECRET)))
    with ZipFile(PACKAGE) as archive:
        archive.extractall(tmp_path)
    found = Environment(
        tmp_path,
        {
            "PATH": os.environ["PATH"],
            "NO_PROXY": "127.0.0.1",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": fake.url,
            "AWS_ACCESS_KEY_ID": "unused",
            "AWS_SECRET_ACCESS_KEY": "unused",
            "DD_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:datadog-AbCdEf",
            "DESTINATIONS": json.dumps({"events": {"url": fake.url}}),
        },
    )
    yield found
    found.end()


def batch(count: int = 3, *, first: int = 0) -> dict[str, Any]:
    ids = range(first, first + count)
    return {"Records": [sqs_record(sample("mixed-array"), record_id=f"r-{number}") for number in ids]}


ACKNOWLEDGED = Posted("response", {"batchItemFailures": []})


def test_connections_that_end_between_two_invocations_cost_nothing(environment: Environment, fake: FakeDatadog) -> None:
    assert environment.invoke(batch()) == ACKNOWLEDGED
    # Frozen, with its threads and connections.
    time.sleep(1)
    assert environment.invoke(batch(first=3)) == ACKNOWLEDGED
    fake.down()
    fake.up()
    assert environment.invoke(batch(first=6)) == ACKNOWLEDGED
    assert len(fake.events) == 9 * 9
    lines = [json.loads(line) for line in environment.log.read_text().splitlines() if line.startswith("{")]
    assert [line["Accepted"] for line in lines] == [27] * 3


def test_without_a_queue_what_is_not_delivered_is_an_error(environment: Environment, fake: FakeDatadog) -> None:
    fake.faults.append(always(respond(503)))
    posted = environment.invoke(sample("sns-lambda-envelope"))
    assert (posted.kind, posted.body["errorType"]) == ("error", "NotDelivered")
    assert posted.body["errorMessage"] == "events retry: HTTP 503 (2)"
    fake.faults.pop()
    assert environment.invoke(sample("sns-lambda-envelope")) == ACKNOWLEDGED


def test_ends_before_its_deadline_and_goes_on_after_it_was_frozen(environment: Environment, fake: FakeDatadog) -> None:
    """The threads that hang are frozen, too, and are no obstacle afterwards."""
    assert environment.invoke(batch(1)) == ACKNOWLEDGED
    fake.faults.append(always(delay(20)))
    posted = environment.invoke(batch(first=1), timeout=8)
    assert [failure["itemIdentifier"] for failure in posted.body["batchItemFailures"]] == ["r-1", "r-2", "r-3"]
    assert environment.seconds < 8
    fake.faults.pop()
    assert environment.invoke(batch(first=4)) == ACKNOWLEDGED
