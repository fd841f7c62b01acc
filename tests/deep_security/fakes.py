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

Do = Callable[[], Any]
Around = Callable[[str, Do], Any]


class Refused(Exception):
    """Answered with this status, or error code, and message."""

    def __init__(self, status: int | str, message: str = "no") -> None:
        super().__init__(message)
        self.status = status


def plainly(_call: str, do: Do) -> Any:
    return do()


def lost(call: str) -> Exception:
    """What a client raises when an answer is lost."""
    return requests.ConnectionError("reset") if call in {"GET", "POST"} else ReadTimeoutError(endpoint_url="aws")


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
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)  # by method, in place of its own
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
        if headers.get("api-version") != "v1" or not path.startswith("/api/systemsettings"):
            raise Refused(400, "The api-version header is missing or unknown")
        name = path.removeprefix("/api/systemsettings").removeprefix("/")
        if method == "GET":
            assert "SecretKey" not in name, "the secret key should not be read"
            if name not in self.settings:
                raise Refused(404, f"Unknown setting {name}")
            return {"value": self.read(name.removeprefix(PREFIX), self.settings[name])}
        values: dict[str, str] = {name: setting["value"] for name, setting in json.loads(body).items()}
        for name, value in values.items():
            allowed = {"true", "false"} if name in BOOLEANS else {value}
            if name not in self.settings or not isinstance(value, str) or value not in allowed:
                raise Refused(400, f"Unknown setting or value: {name}")
        if configuration := values.get(f"{PREFIX}ConfigJson"):
            # In a layout of its own, as managers show it.
            values[f"{PREFIX}ConfigJson"] = json.dumps(json.loads(configuration), indent=2).replace("\n", "\r\n")
        self.written.append(values)
        self.settings |= values
        return values


class _Handler(BaseHTTPRequestHandler):
    manager: FakeManager
    protocol_version = "HTTP/1.1"
    # Otherwise each body waits 40 ms for the acknowledgement of its headers.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, text = 200, json.dumps(self.manager.serve(self.command, self.path, self.headers, body))
        except Refused as refused:
            status, text = int(refused.status), json.dumps({"message": str(refused)})
        status, text = self.manager.answers.get(self.command, (status, text))
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.send_header("Location", f"{self.manager.url}/elsewhere")
            self.end_headers()
            self.wfile.write(text.encode())

    do_POST = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextlib.contextmanager
def running(certificate: Path | None) -> Iterator[FakeManager]:
    """A manager on a free port, with this file as its certificate and key; without, it speaks plain HTTP."""
    manager = FakeManager()
    manager.reset()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"manager": manager})) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        manager.url = f"https://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield manager
        finally:
            server.shutdown()
            thread.join()


@dataclass
class FakeKey:
    id: str
    secret: str
    status: str = "Active"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    used: datetime | None = None
    service: str = "sns"

    def age(self, hours: float, used: float) -> FakeKey:
        """Made and last used so many hours ago."""
        self.created, self.used = (datetime.now(UTC) - timedelta(hours=hours) for hours in (hours, used))
        return self


class FakeAws:
    """IAM and SNS. Requests are validated and answers are parsed by boto3's own clients; only the sending is faked."""

    def __init__(self, user: str) -> None:
        self.user, self.made = user, 0
        self.around: Around = plainly
        self._client, self._iam = boto3.client, dict[str, Any]()
        self.reset()

    def reset(self) -> None:
        self.keys: list[FakeKey] = []
        self.refused: dict[str, str] = {}  # error codes by operation
        self.unknown = 0  # how often SNS does not know the key yet
        self.published: list[str] = []

    def client(self, service: str, **options: Any) -> Any:
        """In place of boto3.client."""
        assert options["config"].retries == {"total_max_attempts": 1}, "a second attempt could make a second key"
        if service in self._iam:
            return self._iam[service]
        options = {"aws_access_key_id": "admin", "aws_secret_access_key": "admin", **options}
        client = self._client(service, **options)
        client.meta.events.register("before-call", self._answer)
        if service == "iam":
            self._iam[service] = client
        return client

    def key(self, key_id: str) -> FakeKey | None:
        return next((key for key in self.keys if key.id == key_id), None)

    def add(self, status: str = "Active") -> FakeKey:
        self.made += 1
        self.keys.append(FakeKey(f"AKIA{self.made:016}", f"secret/{self.made:08}+{'x' * 24}", status))
        return self.keys[-1]

    def _answer(self, model: Any, params: Any, request_signer: Any, **_: Any) -> tuple[Any, Any]:
        try:
            answer = self.around(model.name, lambda: self._do(model.name, params["body"], request_signer._credentials))
            return SimpleNamespace(status_code=200), answer
        except Refused as refused:
            error = {"Code": refused.status, "Message": str(refused)}
            return SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}

    def _do(self, name: str, given: Any, signer: Any) -> dict[str, Any]:
        key = self.key(signer.access_key if name == "Publish" else given.get("AccessKeyId", ""))
        if code := self.refused.get(name):
            raise Refused(code, f"{name} is refused")
        if name == "Publish":
            self.unknown -= 1
            if self.unknown >= 0 or not key or (key.secret, key.status) != (signer.secret_key, "Active"):
                raise Refused("InvalidClientTokenId", "The security token included in the request is invalid")
            key.used = datetime.now(UTC)
            self.published.append(given["Message"])
            return {"MessageId": "1"}
        if given.get("UserName", self.user) != self.user or ("AccessKeyId" in given and not key):
            raise Refused("NoSuchEntity", "The user or access key cannot be found")
        if name == "ListAccessKeys":
            listed = [{"AccessKeyId": key.id, "Status": key.status, "CreateDate": key.created} for key in self.keys]
            return {"AccessKeyMetadata": listed, "IsTruncated": False}
        if name == "CreateAccessKey":
            if len(self.keys) == 2:
                raise Refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
            key = self.add()
            return {"AccessKey": {"AccessKeyId": key.id, "SecretAccessKey": key.secret, "CreateDate": key.created}}
        assert key
        if name == "GetAccessKeyLastUsed":
            used = {"LastUsedDate": key.used, "ServiceName": key.service} if key.used else {"ServiceName": "N/A"}
            return {"AccessKeyLastUsed": {"Region": "N/A", **used}}
        if name == "UpdateAccessKey":
            key.status = given["Status"]
        else:
            assert name == "DeleteAccessKey"
            self.keys.remove(key)
        return {}
