"""The commands of examples/datadog/README.md that bring the detection rules without Terraform."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.repository import pages
from tools.repository import ROOT

EXAMPLE = ROOT / "examples" / "datadog"
API_KEY, APP_KEY = "a" * 32, "b" * 40
API = "https://api.datadoghq.com"
[COMMANDS] = (block.text for block in pages.blocks(EXAMPLE / "README.md", "bash"))


class Api(ThreadingHTTPServer):
    """Keeps what it is given, and answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.given: list[tuple[str, str | None, str | None, dict[str, object]]] = []


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        keys = self.headers["DD-API-KEY"], self.headers["DD-APPLICATION-KEY"]
        self.server.given.append((self.path, *keys, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def run(api: Api) -> subprocess.CompletedProcess[str]:
    """As a user does who pastes the keys, but for the address."""
    commands = COMMANDS.replace(API, f"http://127.0.0.1:{api.server_port}")
    assert API in COMMANDS
    return subprocess.run(
        ["bash", "-c", commands],
        cwd=EXAMPLE,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
        input=f"{API_KEY}\n{APP_KEY}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_each_rule_is_created(api: Api) -> None:
    done = run(api)
    assert done.returncode == 0, done.stderr
    rules = [json.loads(path.read_text()) for path in sorted((EXAMPLE / "detections").glob("*.json"))]
    assert api.given == [("/api/v2/security_monitoring/rules", API_KEY, APP_KEY, rule) for rule in rules]


def test_a_refusal_shows_and_no_key_does(api: Api) -> None:
    api.status = 403
    done = run(api)
    assert done.returncode != 0 and "403" in done.stderr
    assert API_KEY not in done.stdout + done.stderr and APP_KEY not in done.stdout + done.stderr
