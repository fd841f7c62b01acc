"""A stand-in for Datadog and Secrets Manager that costs as little as possible: a process of its own, counts, no checks.

    python -m tools.bench.stand_in --certificate FILE [--milliseconds 0]

Its first line of output is JSON with the two addresses, `https` and `http`. A path that begins with a number is
answered after that many milliseconds, `/100/api/v1/events` after 100; other paths after `--milliseconds`. `GET /state`
tells what was counted. tools/datadog_intake.py is the strict one, which the tests use; this one must not be what is
measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools import processes
from tools.repository import ROOT

API_KEY = "0123456789abcdef0123456789abcdef"

# As many headers and about as many bytes as Datadog answers with (its public cassettes), because reading them is CPU
# time of the function's. The body holds the event again.
_HEADERS = (
    "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Connection: keep-alive\r\n"
    "Vary: Accept-Encoding\r\n"
    "Pragma: no-cache\r\n"
    "Cache-Control: no-cache\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n"
    "Content-Security-Policy: frame-ancestors 'self'; report-uri https://logs.browser-intake-datadoghq.com/api/v2/logs\r\n"
    "X-Frame-Options: SAMEORIGIN\r\n"
)
_EVENT = {
    "status": "ok",
    "event": {"id": 1, "id_str": "1", "title": "t" * 80, "text": "x" * 1500, "tags": ["a:b"] * 20},
}
_LISTEN_QUEUE = 256


def _answer(status: str, value: Any) -> bytes:
    body = json.dumps(value).encode()
    return f"HTTP/1.1 {status}\r\n{_HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body


_ACCEPTED = _answer("202 Accepted", _EVENT)
_LOGS_ACCEPTED = _answer("202 Accepted", {})
_SECRET = _answer("200 OK", {"SecretString": API_KEY, "Name": "bench", "VersionId": "1"})


@dataclass
class State:
    """What was counted since the start. `late`: seconds that answers left later than asked for, all together."""

    connections: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    unpacked: int = 0
    late: float = 0.0
    last: float = 0.0

    def answer(self) -> bytes:
        """All of it, with the CPU seconds of this process and its clock."""
        return _answer("200 OK", self.__dict__ | {"cpu": time.process_time(), "now": time.time()})


class Connection(asyncio.Protocol):
    """One connection; requests on it follow each other."""

    def __init__(self, state: State, seconds: float) -> None:
        self._state = state
        self._seconds = seconds
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._state.connections += 1

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end]).lower()
            length = _content_length(head)
            if len(self._received) < end + 4 + length:
                if b"\r\nexpect: 100-continue" in head and len(self._received) == end + 4 and self._transport:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            self._handle(head, body)

    def _handle(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        if path == "/state":
            self._state.connections -= 1
            self._write(self._state.answer(), 0.0)
            return
        first, _, rest = path[1:].partition("/")
        seconds, path = (int(first) / 1000, f"/{rest}") if first.isdigit() else (self._seconds, path)
        self._state.requests[path] += 1
        self._state.received[path] += len(body)
        if path == "/":
            self._write(_SECRET, 0.0)
        elif path == "/api/v2/logs":
            # The end of gzip's data is the length before compression.
            self._state.unpacked += int.from_bytes(body[-4:], "little") if body[:2] == b"\x1f\x8b" else len(body)
            self._later(_LOGS_ACCEPTED, seconds)
        else:
            self._later(_ACCEPTED, seconds)

    def _later(self, answer: bytes, seconds: float) -> None:
        if seconds:
            loop = asyncio.get_running_loop()
            due = loop.time() + seconds
            loop.call_at(due, self._write, answer, due)
        else:
            self._write(answer, 0.0)

    def _write(self, answer: bytes, due: float) -> None:
        if due:
            self._state.late += asyncio.get_running_loop().time() - due
            self._state.last = time.time()
        if self._transport:
            self._transport.write(answer)


def _content_length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


class StandIn:
    """A running stand-in, seen from the process that started it."""

    def __init__(self, https: str, http: str) -> None:
        self.https = https
        self.http = http

    def state(self) -> dict[str, Any]:
        """See `State`; with `cpu` and `now`, both in seconds."""
        connection = HTTPConnection(urlsplit(self.http).netloc, timeout=10)
        try:
            connection.request("GET", "/state")
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer


@contextlib.contextmanager
def running(certificate: Path, milliseconds: int = 0) -> Iterator[StandIn]:
    """A stand-in in a process of its own while the block lasts. certificate: PEM with its key."""
    command = [sys.executable, "-P", "-m", "tools.bench.stand_in", "--certificate", certificate]
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}
    with processes.running([*map(str, command), "--milliseconds", str(milliseconds)], env=environment) as process:
        line = process.stdout.readline() if process.stdout else ""
        try:
            yield StandIn(**json.loads(line))
        except json.JSONDecodeError as error:
            raise RuntimeError(f"the stand-in did not start: {line}") from error


async def _serve(certificate: str, milliseconds: int) -> None:
    loop = asyncio.get_running_loop()
    state = State()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    addresses = {}
    for scheme, tls in (("https", context), ("http", None)):
        server = await loop.create_server(
            lambda: Connection(state, milliseconds / 1000), "127.0.0.1", 0, ssl=tls, backlog=_LISTEN_QUEUE
        )
        addresses[scheme] = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--milliseconds", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(_serve(options.certificate, options.milliseconds))


if __name__ == "__main__":
    _main()
