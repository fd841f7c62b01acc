"""A fake Datadog: events v1, logs v2 and key validation, as strict as the real intake is known to be.

Where the real one is lenient and then loses data silently (an unknown alert type, a misspelt property), this one
refuses, because a test should notice. Faults are functions from a request to what happens instead of the usual answer:

    with running() as datadog:
        datadog.faults = [every(3, respond(500)), first(2, reset(after_accepting=True))]

`python -m tools.fake_datadog` serves in a process of its own.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tools import processes
from tools.fake_datadog.faults import Fault
from tools.fake_datadog.intake import (
    EVENTS,
    LOGS,
    Answer,
    RefusedError,
    Request,
    check_key,
    event_of,
    is_recent,
    logs_of,
    uncompressed,
)
from tools.repository import ROOT

API_KEY = "0123456789abcdef0123456789abcdef"
# `GET` returns what arrived.
STATE = "/fake"


class FakeDatadog:
    """Attributes may be changed while it runs."""

    def __init__(self, keys: Iterable[str] = (API_KEY,), port: int = 0) -> None:
        self.keys = set(keys)
        self.faults: list[Fault] = []
        self.events: list[dict[str, Any]] = []
        self.logs: list[dict[str, Any]] = []
        self.dropped_logs: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.answers: list[int] = []
        self.connections = 0
        self._changed = threading.Condition()
        self._ids = itertools.count(6_000_000_000_000_000_001)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Listen, after `down` on the same port as before."""
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Refuse connections and cut the open ones, as a host that is gone."""
        server, thread, self._server = self._server, self._thread, None
        if server and thread:
            server.shutdown()
            thread.join()
            server.server_close()
            server.cut_connections()

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; it is looked at after each accepted request."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def clear(self) -> None:
        """Forget what arrived and all faults; keys and connections stay."""
        with self._changed:
            for kept in (self.events, self.logs, self.dropped_logs, self.requests, self.answers, self.faults):
                kept.clear()
            self.connections = 0

    def connected(self) -> int:
        with self._changed:
            self.connections += 1
            return self.connections

    def handle(self, request: Request) -> Answer | None:
        """Decide on one request; None cuts the connection."""
        if request.path == STATE:
            return Answer(200, {"events": self.events, "logs": self.logs})
        with self._changed:
            self.requests.append(request)
        outcome = next((found for fault in list(self.faults) if (found := fault(request))), None)
        if outcome is None:
            answer: Answer | None = self._accept(request)
        else:
            time.sleep(outcome.delay)
            usual = self._accept(request) if outcome.accept else None
            answer = usual if outcome.answer_as_usual else outcome.answer
        with self._changed:
            self.answers.append(answer.status if answer else 0)
            self._changed.notify_all()
        return answer

    def _accept(self, request: Request) -> Answer:
        routes: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("POST", EVENTS): self._accept_event,
            ("POST", LOGS): self._accept_logs,
        }
        route = routes.get((request.method, request.path))
        if route is None:
            return Answer(404, {"errors": ["Not found"]})
        try:
            check_key(request, self.keys)
            return route(request)
        except RefusedError as refused:
            return refused.answer

    def _accept_event(self, request: Request) -> Answer:
        event = event_of(request)
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        number = next(self._ids)
        url = f"https://app.datadoghq.com/event/event?id={number}"
        names = ("title", "text", "handle", "priority", "related_event_id", "tags")
        happened = event.get("date_happened", int(time.time()))
        answer = {name: event.get(name) for name in names}
        answer |= {"id": number, "id_str": str(number), "url": url, "date_happened": happened}
        return Answer(202, {"status": "ok", "event": answer})

    def _accept_logs(self, request: Request) -> Answer:
        logs = logs_of(request)
        with self._changed:
            for log in logs:
                (self.logs if is_recent(log) else self.dropped_logs).append(log)
            self._changed.notify_all()
        return Answer(202, {})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # Header and body leave in one piece: two writes would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = self.server.datadog.connected()

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        body = uncompressed(body, headers.get("content-encoding", "identity"))
        path = urlsplit(self.path).path
        answer = self.server.datadog.handle(Request(self.command, path, headers, body, self.number, time.time()))
        if answer is None:
            self.server.cut(self.connection)
            self.close_connection = True
            return
        data, content_type = answer.encoded()
        self.send_response(answer.status)
        defaults = {"Content-Type": content_type, "Content-Length": str(len(data))}
        for name, value in (defaults | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        self.do_GET()

    def handle(self) -> None:
        # The other side may hang up at any time, as a function that ran out of time does.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, *_: Any) -> None:
        """No line per request: what arrived is in `FakeDatadog.requests`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], datadog: FakeDatadog) -> None:
        super().__init__(address, _Handler)
        self.datadog = datadog
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    @staticmethod
    def cut(connection: socket.socket) -> None:
        """Close with a reset: lingering zero seconds drops what is unsent and skips the orderly goodbye."""
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Files opened on the socket keep it open, so the descriptor itself goes.
            socket.close(connection.detach())

    def cut_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def running(keys: Iterable[str] = (API_KEY,), port: int = 0) -> Iterator[FakeDatadog]:
    """One in this process, listening while the block lasts, on a free port if none is given."""
    datadog = FakeDatadog(keys, port)
    datadog.up()
    try:
        yield datadog
    finally:
        datadog.down()


@contextlib.contextmanager
def apart(delay: float = 0) -> Iterator[str]:
    """The URL of one in a process of its own, whose answers take that many seconds."""
    command = [sys.executable, "-P", "-m", "tools.fake_datadog", "--delay", str(delay)]
    with processes.running(command, env={"PYTHONPATH": str(ROOT)}) as process:
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line.startswith("http"):
            raise RuntimeError(f"the fake Datadog did not start: {line}")
        yield line
