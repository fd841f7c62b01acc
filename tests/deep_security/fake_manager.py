"""A manager's settings API, as strict as the real one is documented to be: TLS, headers, names and types of settings.

https://automation.trendmicro.com/deep-security/Guides/authenticate-dsm,
https://automation.trendmicro.com/deep-security/Guides/dsm-modify-multiple; names as in the SDK, which lists them all.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PREFIX = "platformSettingEventForwardingSns"
NAMES = ("Enabled", "TopicArn", "AccessKey", "SecretKey", "AdvancedConfigEnabled", "ConfigJson")
BOOLEANS = (f"{PREFIX}Enabled", f"{PREFIX}AdvancedConfigEnabled")


def defaults() -> dict[str, str]:
    """A manager on which SNS was never set up."""
    return {f"{PREFIX}{name}": "" for name in NAMES} | dict.fromkeys(BOOLEANS, "false")


class Failure(Exception):
    """Answered with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class FakeManager:
    """A tenant's settings. `before` and `after` a request is handled they are called with its method; False drops it.

    `answer` replaces every answer.
    """

    api_key: str
    url: str
    header: str = "api-secret-key"
    settings: dict[str, str] = field(default_factory=defaults)
    answer: tuple[int, dict[str, str], str] | None = None
    tenant_may_configure: bool = True
    before: Callable[[str], bool] = lambda _: True
    after: Callable[[str], bool] = lambda _: True
    requests: list[str] = field(default_factory=list)
    written: list[dict[str, str]] = field(default_factory=list)

    def setting(self, name: str) -> str:
        return self.settings[f"{PREFIX}{name}"]

    def serve(self, method: str, path: str, headers: Any, body: bytes) -> object:
        self.requests.append(f"{method} {path}")
        if headers.get("api-version") != "v1":
            raise Failure(400, "The api-version header is missing or unknown")
        self._authenticate(headers)
        root, _, name = path.removeprefix("/api").partition("/systemsettings")
        if root or not path.startswith("/api/systemsettings"):
            raise Failure(404, "Not found")
        if not self.tenant_may_configure:
            raise Failure(403, "Not authorized for the requested operation")
        if method == "GET":
            return {"value": self._known(name.removeprefix("/"))}
        if name or headers.get("Content-Type") != "application/json":
            raise Failure(400, "Settings are posted as JSON to systemsettings")
        return self._write(json.loads(body))

    def _authenticate(self, headers: Any) -> None:
        given = headers.get("api-secret-key"), headers.get("Authorization")
        expected = (None, f"ApiKey {self.api_key}") if self.header == "authorization" else (self.api_key, None)
        if given != expected:
            raise Failure(401, "Invalid API Key")

    def _known(self, name: str) -> str:
        if name not in self.settings:
            raise Failure(404, f"Unknown setting {name}")
        assert not name.endswith("SecretKey"), "the secret key should not be read"
        return self.settings[name]

    def _write(self, body: Any) -> object:
        for name, setting in body.items():
            if name not in self.settings:
                raise Failure(400, f"Unknown setting {name}")
            if list(setting) != ["value"] or not isinstance(setting["value"], str):
                raise Failure(400, f"Invalid value of {name}: {setting}")
            if name in BOOLEANS and setting["value"] not in {"true", "false"}:
                raise Failure(400, f"Invalid value of {name}: {setting['value']}")
        values = {name: setting["value"] for name, setting in body.items()}
        if configuration := values.get(f"{PREFIX}ConfigJson"):
            content = json.loads(configuration)
            if content.get("Version") != "2014-09-24":
                raise Failure(400, "Invalid JSON configuration")
            # As managers show it: in a layout of their own.
            values[f"{PREFIX}ConfigJson"] = json.dumps(content, indent=2).replace("\n", "\r\n")
        self.written.append(values)
        self.settings |= values
        return body


@contextlib.contextmanager
def running(certificate: Path) -> Iterator[FakeManager]:
    """Run one on a free port, with this file as its certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    # Its threads end with the connections that the command leaves open.
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    manager = FakeManager("2:vJC6lckDygB6FYURIvR0WK2ZTAhIY8rb0Amy9UMn4mo=", f"https://localhost:{server.server_port}")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"manager": manager})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield manager
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    manager: FakeManager
    protocol_version = "HTTP/1.1"
    # Otherwise the body of each answer waits 40 ms for the acknowledgement of its headers.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_GET  # noqa: N815 - likewise

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.manager.before(self.command):
            self.close_connection = True
            return
        answered = self._answer(body)
        if not self.manager.after(self.command):
            self.close_connection = True
            return
        status, headers, text = self.manager.answer or answered
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

    def _answer(self, body: bytes) -> tuple[int, dict[str, str], str]:
        try:
            return 200, {}, json.dumps(self.manager.serve(self.command, self.path, self.headers, body))
        except Failure as failure:
            return failure.status, {}, json.dumps({"message": str(failure)})

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""
