"""Both sides of the command: a manager's settings API over TLS, and IAM and SNS below boto3's own clients."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import requests
from botocore.exceptions import ReadTimeoutError

PREFIX = "platformSettingEventForwardingSns"
NAMES = ("Enabled", "TopicArn", "AccessKey", "SecretKey", "AdvancedConfigEnabled", "ConfigJson")
BOOLEANS = (f"{PREFIX}Enabled", f"{PREFIX}AdvancedConfigEnabled")

Around = Callable[[str, Callable[[], Any]], Any]


class Refused(Exception):
    """Answered with this status, or error code, and message."""

    def __init__(self, status: int | str, message: str) -> None:
        super().__init__(message)
        self.status = status


def plainly(_call: str, do: Callable[[], Any]) -> Any:
    return do()


@dataclass
class FakeManager:
    """As strict as documented: headers, names and types of settings. `read` is what a read shows of a setting.

    https://automation.trendmicro.com/deep-security/Guides/authenticate-dsm and Guides/dsm-modify-multiple
    """

    url: str = ""
    api_key: str = "2:vJC6lckDygB6FYURIvR0WK2ZTAhIY8rb0Amy9UMn4mo="
    header: str = "api-secret-key"
    settings: dict[str, str] = field(default_factory=dict)
    read: Callable[[str, str], str] = lambda _, value: value
    answer: tuple[int, dict[str, str], str] | None = None
    answered: str = "GET POST"  # the methods that get `answer`
    around: Around = plainly
    requests: list[str] = field(default_factory=list)
    written: list[dict[str, str]] = field(default_factory=list)

    def reset(self) -> None:
        """SNS was never set up."""
        self.settings = {f"{PREFIX}{name}": "" for name in NAMES} | dict.fromkeys(BOOLEANS, "false")
        self.written.clear()

    def __getitem__(self, name: str) -> str:
        return self.settings[f"{PREFIX}{name}"]

    def __setitem__(self, name: str, value: str) -> None:
        self.settings[f"{PREFIX}{name}"] = value

    def serve(self, method: str, path: str, headers: Any, body: bytes) -> object:
        self.requests.append(f"{method} {path}")
        right = (self.api_key, None) if self.header == "api-secret-key" else (None, f"ApiKey {self.api_key}")
        if (headers.get("api-secret-key"), headers.get("Authorization")) != right:
            raise Refused(401, "Invalid API Key")
        name = path.removeprefix("/api/systemsettings").removeprefix("/")
        if headers.get("api-version") != "v1" or not path.startswith("/api/systemsettings"):
            raise Refused(400, "The api-version header is missing or unknown")
        if method == "GET":
            assert "SecretKey" not in name, "the secret key should not be read"
            if name not in self.settings:
                raise Refused(404, f"Unknown setting {name}")
            return {"value": self.read(name.removeprefix(PREFIX), self.settings[name])}
        if name or headers.get("Content-Type") != "application/json":
            raise Refused(400, "Settings are posted as JSON to systemsettings")
        return self._write({name: setting["value"] for name, setting in json.loads(body).items()})

    def _write(self, values: dict[str, str]) -> object:
        for name, value in values.items():
            if name not in self.settings or not isinstance(value, str):
                raise Refused(400, f"Unknown setting or value: {name}")
            if name in BOOLEANS and value not in {"true", "false"}:
                raise Refused(400, f"Invalid value of {name}: {value}")
        if configuration := values.get(f"{PREFIX}ConfigJson"):
            # In a layout of its own, as managers show it.
            values[f"{PREFIX}ConfigJson"] = json.dumps(json.loads(configuration), indent=2).replace("\n", "\r\n")
        self.written.append(values)
        self.settings |= values
        return values


@contextlib.contextmanager
def running(certificate: Path | None) -> Iterator[FakeManager]:
    """A manager on a free port, with this file as its certificate and key; without, it speaks plain HTTP."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    manager = FakeManager(f"https://localhost:{server.server_port}")
    manager.reset()
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
    # Otherwise each body waits 40 ms for the acknowledgement of its headers.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body, manager = self.rfile.read(int(self.headers.get("Content-Length") or 0)), self.manager
        try:
            status, text = 200, json.dumps(manager.serve(self.command, self.path, self.headers, body))
        except Refused as refused:
            status, text = int(refused.status), json.dumps({"message": str(refused)})
        headers: dict[str, str] = {}
        if manager.answer and self.command in manager.answered:
            status, headers, text = manager.answer
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

    do_POST = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@dataclass
class FakeKey:
    id: str
    secret: str
    status: str = "Active"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    used: datetime | None = None
    service: str = "sns"

    def age(self, hours: float, used: float | None = None) -> None:
        """Made so many hours ago, and last used."""
        self.created = datetime.now(UTC) - timedelta(hours=hours)
        self.used = None if used is None else datetime.now(UTC) - timedelta(hours=used)


class FakeAws:
    """IAM and SNS. Requests are validated and answers are parsed by boto3's own clients; only the sending is faked."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.made = 0
        self.around: Around = plainly
        self.reset()
        self._client, self._cache = boto3.client, dict[str, Any]()

    def reset(self) -> None:
        self.keys: list[FakeKey] = []
        self.refused: dict[str, str] = {}  # error codes by operation
        self.unknown = 0  # how often SNS does not know the key yet
        self.published: list[str] = []

    def client(self, service_name: str, **options: Any) -> Any:
        """In place of boto3.client."""
        assert options["config"].retries == {"total_max_attempts": 1}, "a second attempt could make a second key"
        if service_name == "iam" and (cached := self._cache.get("iam")):
            return cached
        own = {"aws_access_key_id": "admin", "aws_secret_access_key": "admin"}
        client = self._client(service_name, **{**options, **(own if service_name == "iam" else {})})
        client.meta.events.register("before-call", self._answer)
        self._cache[service_name] = client
        return client

    def key(self, key_id: str) -> FakeKey | None:
        return next((key for key in self.keys if key.id == key_id), None)

    def add(self, status: str = "Active") -> FakeKey:
        self.made += 1
        key = FakeKey(f"AKIA{self.made:016}", f"secret/{self.made:08}+{'x' * 24}", status)
        self.keys.append(key)
        return key

    def _answer(self, model: Any, params: Any, request_signer: Any, **_: Any) -> tuple[Any, Any]:
        name, signer = model.name, request_signer._credentials
        try:
            answer = self.around(name, lambda: self._do(name, params["body"], signer.access_key, signer.secret_key))
            return SimpleNamespace(status_code=200), answer
        except Refused as refused:
            error = {"Code": refused.status, "Message": str(refused)}
            return SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}

    def _do(self, name: str, given: Any, signer: str, secret: str) -> dict[str, Any]:
        if code := self.refused.get(name):
            raise Refused(code, f"{name} is refused")
        if name == "Publish":
            return self._publish(signer, secret, given["Message"])
        if given.get("UserName", self.user) != self.user:
            raise Refused("NoSuchEntity", "The user cannot be found")
        if name == "ListAccessKeys":
            listed = [{"AccessKeyId": key.id, "Status": key.status, "CreateDate": key.created} for key in self.keys]
            return {"AccessKeyMetadata": listed, "IsTruncated": False}
        if name == "CreateAccessKey":
            if len(self.keys) == 2:
                raise Refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
            key = self.add()
            return {"AccessKey": {"AccessKeyId": key.id, "SecretAccessKey": key.secret, "CreateDate": key.created}}
        if not (found := self.key(given["AccessKeyId"])):
            raise Refused("NoSuchEntity", "The Access Key cannot be found")
        if name == "GetAccessKeyLastUsed":
            used = {"LastUsedDate": found.used} if found.used else {}
            return {"AccessKeyLastUsed": {"ServiceName": found.service if used else "N/A", "Region": "N/A", **used}}
        if name == "UpdateAccessKey":
            found.status = given["Status"]
        else:
            assert name == "DeleteAccessKey"
            self.keys.remove(found)
        return {}

    def _publish(self, signer: str, secret: str, message: str) -> dict[str, Any]:
        self.unknown -= 1
        key = self.key(signer)
        if self.unknown >= 0 or not key or (key.secret, key.status) != (secret, "Active"):
            raise Refused("InvalidClientTokenId", "The security token included in the request is invalid")
        key.used = datetime.now(UTC)
        self.published.append(message)
        return {"MessageId": "1"}


def lost(call: str) -> Exception:
    """What a client raises when an answer is lost."""
    return requests.ConnectionError("reset") if call in {"GET", "POST"} else ReadTimeoutError(endpoint_url="aws")
