"""A fake Datadog: events v1, logs v2 and key validation, as strict as the real intake is known to be.

Where the real one is lenient and then loses data silently (an unknown alert type, a misspelt property), this one
refuses, because a test should notice. Faults are functions from a request to what happens instead of the usual answer:

    with running() as datadog:
        datadog.faults = [always(respond(500))]
"""

import contextlib
import itertools
import multiprocessing
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

from tools.fake_datadog.faults import Fault, always, delay, respond, when
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

API_KEY = "0123456789abcdef0123456789abcdef"
# Of Secrets Manager's GetSecretValue, so that a function finds the key without an emulator.
SECRET = {"SecretString": API_KEY, "Name": "datadog", "VersionId": "1"}
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
        self._changed = threading.Condition()
        self._ids = itertools.count(6_000_000_000_000_000_001)
        self._server: _Server | None = None
        self._port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def connections(self) -> int:
        """How many connections the requests came by."""
        return len({request.connection for request in self.requests})

    def up(self) -> None:
        """Listen, after `down` on the same port as before."""
        self._server = _Server(self._port, self)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections and cut the open ones, as a host that is gone."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; it is looked at after each accepted request."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def clear(self) -> None:
        """Forget what arrived and all faults; keys stay."""
        with self._changed:
            for kept in (self.events, self.logs, self.dropped_logs, self.requests, self.answers, self.faults):
                kept.clear()

    def handle(self, request: Request) -> Answer | None:
        """Decide on one request; None cuts the connection."""
        if request.path == STATE:
            return Answer(200, {"events": self.events, "logs": self.logs})
        with self._changed:
            self.requests.append(request)
        outcome = next((found for fault in list(self.faults) if (found := fault(request))), None)
        serve = partial(self._accept, request)
        answer = outcome(serve) if outcome else serve()
        with self._changed:
            self.answers.append(answer.status if answer else 0)
            self._changed.notify_all()
        return answer

    def _accept(self, request: Request) -> Answer:
        accept = {EVENTS: self._accept_event, LOGS: self._accept_logs}.get(request.path)
        if accept is None or request.method != "POST":
            return Answer(404, {"errors": ["Not found"]})
        try:
            check_key(request, self.keys)
            return accept(request)
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
    server: "_Server"
    # Header and body leave in one piece: two writes would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        body = uncompressed(body, headers.get("content-encoding", "identity"))
        number = self.server.connections[self.connection]
        request = Request(self.command, urlsplit(self.path).path, headers, body, number, time.time())
        answer = self.server.datadog.handle(request)
        if answer is None:
            self._reset()
            return
        data, content_type = answer.encoded()
        self.send_response(answer.status)
        defaults = {"Content-Type": content_type, "Content-Length": str(len(data))}
        for name, value in (defaults | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET  # noqa: N815

    def _reset(self) -> None:
        """Lingering zero seconds drops what is unsent and skips the orderly goodbye."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Files opened on the socket keep it open, so the descriptor itself goes.
        socket.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """No line per request: what arrived is in `FakeDatadog.requests`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, datadog: FakeDatadog) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.datadog = datadog
        # The open ones, with their numbers.
        self.connections: dict[Any, int] = {}
        self._numbers = itertools.count(1)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections[request] = next(self._numbers)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # The other side may hang up at any time, as a function that ran out of time does.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


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
def apart(latency: float = 0) -> Iterator[str]:
    """The URL of one in a process of its own, whose answers take that many seconds. It has the API key as a secret."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, latency))
    process.start()
    there.close()
    try:
        yield here.recv()
    finally:
        here.close()
        process.join()


def _serve(caller: Connection, latency: float) -> None:
    """Until the caller ends, in whatever way."""
    with running() as datadog, contextlib.suppress(EOFError, KeyboardInterrupt):
        datadog.faults = [when(lambda request: request.path == "/", respond(200, SECRET)), always(delay(latency))]
        caller.send(datadog.url)
        caller.recv()
