"""A stand-in for Datadog's intake: events v1, logs v2 and key validation, as strict as the real one is known to be.

Where the real intake is lenient and then loses data silently (an unknown alert type, a misspelt property), this one
refuses, because a test should notice. Faults are functions from a request to what happens instead of the usual answer:

    with running() as intake:
        intake.faults = [every(3, respond(500)), first(2, reset(after_accepting=True))]

`python -m tools.datadog_intake --key KEY` serves until its standard input ends; its first line of output is the URL,
and `GET /stand-in` returns what arrived. The limits' sources are Datadog's API reference for each of the two calls.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import itertools
import json
import socket
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

API_KEY = "0123456789abcdef0123456789abcdef"

EVENTS = "/api/v1/events"
LOGS = "/api/v2/logs"
VALIDATE = "/api/v1/validate"
STATE = "/stand-in"

MAX_AGE_SECONDS = 18 * 3600
MAX_EVENT_TEXT = 4000
MAX_AGGREGATION_KEY = 100
MAX_LOGS = 1000
MAX_LOGS_BYTES = 5_000_000
MAX_LOG_BYTES = 1_000_000

ALERT_TYPES = {"error", "warning", "info", "success", "user_update", "recommendation", "snapshot"}
PRIORITIES = {"normal", "low", None}
EVENT_TYPES: dict[str, type] = {
    "title": str,
    "text": str,
    "aggregation_key": str,
    "alert_type": str,
    "date_happened": int,
    "device_name": str,
    "host": str,
    "priority": str,
    "related_event_id": int,
    "source_type_name": str,
    "tags": list,
}
LOG_STRINGS = ("ddsource", "ddtags", "hostname", "message", "service")
# The attributes that Datadog takes a log's time from; the first one present counts.
LOG_TIMES = ("@timestamp", "timestamp", "_timestamp", "Timestamp", "eventTime", "date", "published_date")


@dataclass(frozen=True)
class Request:
    """One request as it came in; `body` is uncompressed, and empty where that failed."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    connection: int
    received: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """A status with its body; a mapping or list goes out as JSON."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes, str]:
        if isinstance(self.body, str):
            return self.body.encode(), "text/html"
        return json.dumps(self.body).encode(), "application/json"


MISSING_KEY = Answer(403, {"errors": ["API key required"]})
WRONG_KEY = Answer(403, {"status": "error", "code": 403, "errors": ["Forbidden"]})
MISSING_KEY_FOR_LOGS = Answer(
    401, {"errors": [{"status": "401", "title": "Unauthorized", "detail": "Missing API key"}]}
)
WRONG_KEY_FOR_LOGS = Answer(403, {"errors": [{"status": "403", "title": "Forbidden", "detail": "API key is invalid"}]})


@dataclass(frozen=True)
class Outcome:
    """What a fault does: wait, take the request as usual or not, then answer, or cut the connection (`answer` None)."""

    answer: Answer | None = None
    delay: float = 0
    accept: bool = False
    answer_as_usual: bool = False


Fault = Callable[[Request], "Outcome | None"]


def respond(status: int, body: Any = "", headers: Mapping[str, str] | None = None) -> Outcome:
    """Answer with this; the request is not accepted."""
    return Outcome(Answer(status, body, headers or {}))


def reset(*, after_accepting: bool = False) -> Outcome:
    """Cut the connection with a TCP reset, without taking the request or after having taken it."""
    return Outcome(accept=after_accepting)


def delay(seconds: float) -> Outcome:
    """Take the request and answer as usual, but late."""
    return Outcome(delay=seconds, accept=True, answer_as_usual=True)


def always(outcome: Outcome) -> Fault:
    return lambda _: outcome


def when(condition: Callable[[Request], bool], outcome: Outcome) -> Fault:
    return lambda request: outcome if condition(request) else None


def every(nth: int, outcome: Outcome) -> Fault:
    """The nth request, the 2nth and so on."""
    return _counted(lambda number: number % nth == 0, outcome)


def first(count: int, outcome: Outcome) -> Fault:
    return _counted(lambda number: number <= count, outcome)


def _counted(condition: Callable[[int], bool], outcome: Outcome) -> Fault:
    numbers, lock = itertools.count(1), threading.Lock()

    def fault(_: Request) -> Outcome | None:
        with lock:
            number = next(numbers)
        return outcome if condition(number) else None

    return fault


class Intake:
    """The stand-in: what it accepts, has accepted, and how it misbehaves. Attributes may be changed while it runs."""

    def __init__(self, keys: Iterable[str] = (API_KEY,)) -> None:
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
        self._port = 0

    # Reachability

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self, port: int = 0) -> None:
        """Listen, after `down` on the same port as before."""
        self._server = _Server(("127.0.0.1", port or self._port), self)
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

    # What arrived

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds; it is looked at after each accepted request."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def wait_for_events(self, count: int, seconds: float) -> list[dict[str, Any]]:
        """The accepted events as soon as there are that many, or those that came in time."""
        self.wait(lambda: len(self.events) >= count, seconds)
        return list(self.events)

    def clear(self) -> None:
        """Forget what arrived and all faults; keys and connections stay."""
        with self._changed:
            for kept in (self.events, self.logs, self.dropped_logs, self.requests, self.answers, self.faults):
                kept.clear()
            self.connections = 0

    def state(self) -> dict[str, Any]:
        with self._changed:
            return {
                "events": list(self.events),
                "logs": list(self.logs),
                "dropped_logs": list(self.dropped_logs),
                "requests": len(self.requests),
                "connections": self.connections,
            }

    # Answering

    def connected(self) -> int:
        with self._changed:
            self.connections += 1
            return self.connections

    def handle(self, request: Request) -> Answer | None:
        """Decide on one request; None cuts the connection."""
        if request.path == STATE:
            return Answer(200, self.state())
        with self._changed:
            self.requests.append(request)
        outcome = next((found for fault in list(self.faults) if (found := fault(request))), None)
        if outcome is None:
            answer: Answer | None = self._take(request)
        else:
            time.sleep(outcome.delay)
            usual = self._take(request) if outcome.accept else None
            answer = usual if outcome.answer_as_usual else outcome.answer
        with self._changed:
            self.answers.append(answer.status if answer else 0)
            self._changed.notify_all()
        return answer

    def _take(self, request: Request) -> Answer:
        routes: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("POST", EVENTS): self._take_event,
            ("POST", LOGS): self._take_logs,
            ("GET", VALIDATE): lambda _: Answer(200, {"valid": True}),
        }
        route = routes.get((request.method, request.path))
        if route is None:
            return Answer(404, {"errors": ["Not found"]})
        key = request.headers.get("dd-api-key")
        if key is None:
            return MISSING_KEY_FOR_LOGS if request.path == LOGS else MISSING_KEY
        if key not in self.keys:
            return WRONG_KEY_FOR_LOGS if request.path == LOGS else WRONG_KEY
        return route(request)

    def _take_event(self, request: Request) -> Answer:
        try:
            event = checked_event(request)
        except RefusedError as refused:
            return refused.answer
        number = next(self._ids)
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        answer = {
            "id": number,
            "id_str": str(number),
            "title": event["title"],
            "text": event["text"],
            "date_happened": event.get("date_happened", int(time.time())),
            "handle": None,
            "priority": event.get("priority"),
            "related_event_id": event.get("related_event_id"),
            "tags": event.get("tags"),
            "url": f"https://app.datadoghq.com/event/event?id={number}",
        }
        return Answer(202, {"status": "ok", "event": answer})

    def _take_logs(self, request: Request) -> Answer:
        try:
            logs = checked_logs(request)
        except RefusedError as refused:
            return refused.answer
        with self._changed:
            for log in logs:
                (self.logs if _is_recent(log) else self.dropped_logs).append(log)
            self._changed.notify_all()
        return Answer(202, {})


class RefusedError(Exception):
    """A request that the intake does not take."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def checked_event(request: Request) -> dict[str, Any]:
    """The event of a request to POST /api/v1/events, or `RefusedError`."""
    event = _json(request, {"identity"}, _bad_event)
    if not isinstance(event, dict):
        raise _bad_event("The body must be an object")
    for name in ("title", "text"):
        if not event.get(name):
            raise _bad_event(f"The field '{name}' is required")
    for name, value in event.items():
        if reason := _wrong_type(name, value):
            raise _bad_event(f"The field '{name}' {reason}")
    for wrong, reason in (
        (len(event["text"]) > MAX_EVENT_TEXT, f"The field 'text' is longer than {MAX_EVENT_TEXT}"),
        (len(event.get("aggregation_key", "")) > MAX_AGGREGATION_KEY, "The field 'aggregation_key' is longer than 100"),
        (event.get("alert_type", "info") not in ALERT_TYPES, "The field 'alert_type' has an unknown value"),
        (event.get("priority") not in PRIORITIES, "The field 'priority' has an unknown value"),
        (event.get("date_happened", time.time()) < time.time() - MAX_AGE_SECONDS, "Event too far in the past"),
    ):
        if wrong:
            raise _bad_event(reason)
    return event


def _wrong_type(name: str, value: Any) -> str | None:
    wanted = EVENT_TYPES.get(name)
    if wanted is None:
        return "is unknown"
    if name == "priority" and value is None:
        return None
    # In JSON a boolean is not a number, in Python it is.
    if not isinstance(value, wanted) or isinstance(value, bool):
        return f"must be of type {wanted.__name__}"
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return "must be a list of strings"
    return None


def _bad_event(reason: str) -> RefusedError:
    return RefusedError(Answer(400, {"errors": [reason]}, {"Content-Type": "text/plain"}))


def checked_logs(request: Request) -> list[dict[str, Any]]:
    """The logs of a request to POST /api/v2/logs, or `RefusedError`."""
    logs = _json(request, {"identity", "gzip", "deflate"}, _bad_logs)
    logs = [logs] if isinstance(logs, dict) else logs
    if len(request.body) > MAX_LOGS_BYTES:
        raise _bad_logs("Payload too large", 413)
    if not isinstance(logs, list) or not all(isinstance(log, dict) for log in logs):
        raise _bad_logs("The body must be an object or an array of objects")
    if len(logs) > MAX_LOGS:
        raise _bad_logs("Too many logs", 413)
    for log in logs:
        _check_log(log)
    return logs


def _check_log(log: Mapping[str, Any]) -> None:
    if not log.get("message"):
        raise _bad_logs("message is required")
    if wrong := [name for name in LOG_STRINGS if not isinstance(log.get(name, ""), str)]:
        raise _bad_logs(f"{wrong[0]} must be a string")
    # The real intake cuts such a log and answers 202; a test should see that it would have been cut.
    if len(json.dumps(log, ensure_ascii=False).encode()) > MAX_LOG_BYTES:
        raise _bad_logs("A log is larger than 1 MB", 413)


def _bad_logs(reason: str, status: int = 400) -> RefusedError:
    title = "Payload Too Large" if status == 413 else "Bad Request"
    return RefusedError(Answer(status, {"errors": [{"status": str(status), "title": title, "detail": reason}]}))


def _json(request: Request, encodings: set[str], refused: Callable[[str], RefusedError]) -> Any:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding not in encodings:
        raise refused(f"Content-Encoding {encoding} is not supported")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise refused("Content-Type must be application/json")
    try:
        return request.json()
    except ValueError as error:
        raise refused("Invalid JSON") from error


def _is_recent(log: Mapping[str, Any]) -> bool:
    value = next((log[name] for name in LOG_TIMES if name in log), None)
    if value is None:
        return True
    try:
        happened = float(value) / 1000
    except (TypeError, ValueError):
        try:
            parsed = datetime.fromisoformat(str(value))
        except ValueError:
            return True
        happened = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return happened >= time.time() - MAX_AGE_SECONDS


def _uncompressed(body: bytes, encoding: str) -> bytes:
    decompress: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}
    try:
        return decompress.get(encoding, bytes)(body)
    except (OSError, EOFError, zlib.error):
        return b""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # Header and body leave in one piece: two writes would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = self.server.intake.connected()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(
            method=self.command,
            path=url.path,
            query=parse_qs(url.query),
            headers=headers,
            body=_uncompressed(body, headers.get("content-encoding", "identity")),
            connection=self.number,
            received=time.time(),
        )
        answer = self.server.intake.handle(request)
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

    def handle(self) -> None:
        # The other side may hang up at any time, as a function that ran out of time does.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, *_: Any) -> None:
        """No line per request: what arrived is in `Intake.requests`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], intake: Intake) -> None:
        super().__init__(address, _Handler)
        self.intake = intake
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
def running(keys: Iterable[str] = (API_KEY,)) -> Iterator[Intake]:
    """An intake in this process, listening on a free port while the block lasts."""
    intake = Intake(keys)
    intake.up()
    try:
        yield intake
    finally:
        intake.down()


def _main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.datadog_intake", description="A stand-in for Datadog.")
    parser.add_argument("--key", action="append", help="an accepted API key; may be repeated")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer")
    options = parser.parse_args(arguments)
    with running(options.key or [API_KEY]) as intake:
        if options.delay:
            intake.faults = [always(delay(options.delay))]
        print(intake.url, flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
