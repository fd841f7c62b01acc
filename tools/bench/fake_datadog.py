"""A fake Datadog and Secrets Manager that accepts everything and checks nothing, so that it costs next to nothing.

    python -m tools.bench.fake_datadog MILLISECONDS ...

Listens on a port per latency and prints their URLs as a JSON array. `GET /` returns the path and body of each request
since the last `GET /`, at most the latest hundred.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

from tools import processes
from tools.repository import ROOT

API_KEY = "0123456789abcdef0123456789abcdef"
SECRET = {"SecretString": API_KEY, "Name": "datadog", "VersionId": "1"}
# About as many bytes and headers as Datadog answers with: reading them is CPU time of the function.
ACCEPTED = {"status": "ok", "event": {"id": 1, "title": "t" * 80, "text": "x" * 1500, "tags": ["a:b"] * 20}}
HEADERS = "Content-Type: application/json\r\n" + "".join(f"X-Header-{place}: {'x' * 40}\r\n" for place in range(8))

_received: deque[tuple[str, str]] = deque(maxlen=100)


@contextlib.contextmanager
def running(*latencies: int) -> Iterator[list[str]]:
    """The URLs of a fake in a process of its own, one per latency in milliseconds."""
    command = [sys.executable, "-P", "-m", "tools.bench.fake_datadog", *map(str, latencies)]
    with processes.running(command, env={"PYTHONPATH": str(ROOT)}) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("["):
            raise RuntimeError(f"the fake Datadog did not start: {line}")
        yield json.loads(line)


async def _main(latencies: list[int]) -> None:
    servers = [await asyncio.start_server(partial(_serve, each), "127.0.0.1", 0, backlog=256) for each in latencies]
    print(json.dumps([f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in servers]), flush=True)
    await asyncio.Event().wait()


async def _serve(milliseconds: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length else b""
            method, path, _ = head.split(" ", 2)
            if method == "GET":
                writer.write(_answer("200 OK", list(_received)))
                _received.clear()
            elif path == "/":
                writer.write(_answer("200 OK", SECRET))
            else:
                _received.append((path, body.decode("latin-1")))
                await asyncio.sleep(milliseconds / 1000)
                writer.write(_answer("202 Accepted", ACCEPTED))
    writer.close()


def _answer(status: str, value: Any) -> bytes:
    body = json.dumps(value).encode()
    return f"HTTP/1.1 {status}\r\n{HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body


if __name__ == "__main__":
    asyncio.run(_main([int(argument) for argument in sys.argv[1:]]))
