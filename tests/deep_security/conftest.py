"""The command as it is typed, between a fake manager and a fake AWS."""

import json
import os
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import boto3
import certifi
import pytest
import requests
from requests.adapters import HTTPAdapter

from tools import deep_security

TOPIC = "arn:aws:sns:eu-central-1:111122223333:deep-security-datadog"
OTHER_TOPIC = "arn:aws:sns:eu-central-1:444455556666:siem"
USER = "deep-security-datadog-publisher"
API_KEY = "2:vJC6lckDygB6FYURIvR0WK2ZTAhIY8rb0Amy9UMn4mo="
PREFIX = "platformSettingEventForwardingSns"
BOOLEANS = (f"{PREFIX}Enabled", f"{PREFIX}AdvancedConfigEnabled")
NAMES = (*BOOLEANS, *(f"{PREFIX}{name}" for name in ("TopicArn", "AccessKey", "SecretKey", "ConfigJson")))
TABLES = tomllib.loads(Path(__file__).with_name("refusals.toml").read_text())
Do = Callable[[], Any]


def configuration(*topics: str) -> str:
    condition = {"StringEquals": {"EventType": ["AntiMalwareEvent", "PayloadLog"]}}
    statements = [{"Topic": topic, "Condition": condition} for topic in topics]
    return json.dumps({"Version": "2014-09-24", "Statement": statements})


class Refused(Exception):
    """Answered with this status and message, or page; or with this error code and message."""

    def __init__(self, status: int | str, message: str = "no") -> None:
        super().__init__(message)
        self.status, self.page = status, message if message[:1] in "<[{" else json.dumps({"message": message})


class Key:
    used: datetime | None = None
    service = "sns"

    def __init__(self, *parts: str) -> None:
        (self.id, self.secret, self.status), self.created = parts, datetime.now(UTC)

    def age(self, hours: float, used: float) -> Self:
        """Made and last used so many hours ago."""
        self.created, self.used = (datetime.now(UTC) - timedelta(hours=hours) for hours in (hours, used))
        return self


class Site:
    """Both sides, and the command. `around` goes around each call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capture: Callable[[], Any]) -> None:
        self.capture, self.configuration, self._clients = capture, Path("configuration.json"), dict[str, Any]()
        self.configuration.write_text(configuration(TOPIC))
        self.real, self.real_send = boto3.client, HTTPAdapter.send
        self.shows: Callable[[str, str], Any] = lambda _, value: value  # a setting's name and value, when it is read
        self.header, self.calls, self.published = "api-secret-key", list[str](), list[str]()
        self.made = self.unknown = 0  # keys; how often SNS does not know a new one yet
        self.listed, self.unlisted = set[str](), list[str]()  # keys by IAM, when it was last asked; set all the same
        self.start(applied=False)
        monkeypatch.setattr(boto3, "client", self._client)
        monkeypatch.setattr(HTTPAdapter, "send", lambda _, request, **options: self._send(request, **options))

    def start(self, *, applied: bool = True) -> str:
        """Nothing is set up, or `apply` was run: the access key that Deep Security has then."""
        self.around: Callable[[str, Do], Any] = lambda _, do: do()
        self.keys: list[Key] = []
        self.written: list[dict[str, str]] = []
        self.settings = dict.fromkeys(NAMES, "") | dict.fromkeys(BOOLEANS, "false")
        if applied:
            self.settings |= dict.fromkeys(BOOLEANS, "true")
            self.settings |= {f"{PREFIX}TopicArn": TOPIC, f"{PREFIX}ConfigJson": configuration(TOPIC)}
            self.set(self.add().age(1000, 1))
        return self.has

    def rotated(self, *, hours: float = 6, used: float = 1, old_used: float = 5.9) -> Any:
        """The former key and the new one, so many hours after a rotation."""
        self.start()
        self.set(self.add().age(hours, used))
        return self.keys[0].age(1000, old_used), self.keys[1]

    def at(self, **acts: Do | BaseException) -> None:  # what happens before each of these calls, or is raised
        def around(call: str, do: Do) -> Any:
            if isinstance(act := acts.get(call, bool), BaseException):
                raise act
            act()
            return do()

        self.around = around

    def add(self, status: str = "Active") -> Key:
        self.made += 1
        self.keys.append(Key(f"AKIA{self.made:016}", f"secret/{self.made:08}+{'x' * 24}", status))
        return self.keys[-1]

    def take(self, key: Key, status: str) -> list[Key]:
        key.status = status
        self.keys = [key for key in self.keys if key.status != "deleted"]
        return self.keys

    def set(self, key: Any) -> None:
        self.settings |= {f"{PREFIX}AccessKey": key.id, f"{PREFIX}SecretKey": key.secret}

    def run(self, command: str, *options: str) -> Any:
        manager = ("--manager", "https://dsm.example.com:4119", "--ca-bundle", "ca.pem")
        target = ("--topic-arn", TOPIC, "--user", USER, "--configuration", str(self.configuration))
        self.capture()
        code = deep_security.main([command, *(manager if command[0] in "sar" else ()), *target, *options])
        output, errors = self.capture()
        return SimpleNamespace(code=code, output=output, errors=errors, all=output + errors)

    @property
    def has(self) -> str:
        return self.settings[f"{PREFIX}AccessKey"]

    def works(self) -> bool:
        """Deep Security has an active key with its secret."""
        has = self.has, self.settings[f"{PREFIX}SecretKey"], "Active"
        return has in {(key.id, key.secret, key.status) for key in self.keys}

    def snapshot(self) -> tuple[dict[str, str], dict[str, str]]:
        return {key.id: key.status for key in self.keys}, dict(self.settings)

    def _send(self, request: requests.PreparedRequest, verify: str, timeout: Any, **_: Any) -> requests.Response:
        response, method = requests.Response(), str(request.method)
        self.calls.append(method)
        assert (verify, timeout) == ("ca.pem", (10, 60)), "the environment's CA is not that of the manager"
        try:
            response.status_code, text = 200, json.dumps(self.around(method, lambda: self._manager(request)))
        except Refused as refused:
            response.status_code, text = int(refused.status), refused.page
        response._content, response._content_consumed = text.encode(), True  # type: ignore[attr-defined]
        response.request, response.url, response.headers["Location"] = request, str(request.url), "/elsewhere"
        return response

    def _manager(self, request: requests.PreparedRequest) -> object:
        # https://automation.trendmicro.com/deep-security/Guides/authenticate-dsm and Guides/dsm-modify-multiple
        right = (API_KEY, None) if self.header == "api-secret-key" else (None, f"ApiKey {API_KEY}")
        if (request.headers.get("api-secret-key"), request.headers.get("Authorization")) != right:
            raise Refused(401, "Invalid API Key")
        assert request.headers["api-version"] == "v1"
        base, _, name = str(request.url).partition("/api/systemsettings")
        assert base == "https://dsm.example.com:4119"
        if request.method == "GET":
            assert "SecretKey" not in name, "the secret key should not be read"
            return {"value": self.shows(name.removeprefix(f"/{PREFIX}"), self.settings[name.removeprefix("/")])}
        values: dict[str, str] = {name: setting["value"] for name, setting in json.loads(request.body or "").items()}
        for name, value in values.items():
            if name not in NAMES or not isinstance(value, str) or (name in BOOLEANS and value not in {"true", "false"}):
                raise Refused(400, f"Unknown setting or value: {name}")
        self.written.append(values)
        self.unlisted += {values[f"{PREFIX}AccessKey"]} - self.listed if f"{PREFIX}AccessKey" in values else ()
        # In a layout of its own, as managers show it.
        self.settings |= {name: value.replace("\n", "\r\n") for name, value in values.items()}
        return values

    def _client(self, service: str, region: str, **options: Any) -> Any:
        """In place of boto3.client: requests are validated and answers parsed by its own; only the sending is faked."""
        config = options.pop("config")
        assert config.retries["total_max_attempts"] == 1, "a second attempt could make a second key"
        assert (region, config.connect_timeout, config.read_timeout) == ("eu-central-1", 10, 20)
        self._signer = tuple(options.values()) or (None, None)
        if service not in self._clients:
            options = {"aws_access_key_id": "admin", "aws_secret_access_key": "admin"}
            self._clients[service] = self.real(service, region, **options)
            self._clients[service].meta.events.register("before-call", self._answer)
        return self._clients[service]

    def _answer(self, model: Any, params: Any, **_: Any) -> tuple[Any, Any]:
        signer = self._signer
        self.calls.append(model.name)
        try:
            answer = self.around(model.name, lambda: self._aws(model.name, params["body"], *signer))
            return SimpleNamespace(status_code=200), {"ResponseMetadata": {"RequestId": "1"}} | answer
        except Refused as refused:
            status = 500 if refused.status == "ServiceFailure" else 400
            error = {} if refused.page[0] == "<" else {"Error": {"Code": refused.status, "Message": str(refused)}}
            return SimpleNamespace(status_code=status), error | {"ResponseMetadata": {"HTTPStatusCode": status}}

    def _aws(self, name: str, given: Any, signer: str | None, secret: str | None) -> dict[str, Any]:
        assert (name == "Publish") == bool(signer)
        key = next((key for key in self.keys if key.id == (signer or given.get("AccessKeyId"))), None)
        if name == "Publish":
            self.unknown -= 1
            if self.unknown >= 0 or not key or (key.secret, key.status) != (secret, "Active"):
                raise Refused("InvalidClientTokenId", "The security token included in the request is invalid")
            key.used = datetime.now(UTC)
            self.published.append(given["Message"])
            return {"MessageId": "1"}
        if given.get("UserName", USER) != USER or ("AccessKeyId" in given and not key):
            raise Refused("NoSuchEntity", "The user or access key cannot be found")
        if name == "ListAccessKeys":
            fields = [{"AccessKeyId": key.id, "Status": key.status, "CreateDate": key.created} for key in self.keys]
            self.listed = {key.id for key in self.keys if key.status == "Active"}
            return {"AccessKeyMetadata": fields, "IsTruncated": False}
        if name == "CreateAccessKey":
            if len(self.keys) == 2:
                raise Refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
            made = self.add()
            return {"AccessKey": {"AccessKeyId": made.id, "SecretAccessKey": made.secret, "CreateDate": made.created}}
        assert key
        if name == "GetAccessKeyLastUsed":
            used = {"LastUsedDate": key.used, "ServiceName": key.service} if key.used else {"ServiceName": "N/A"}
            return {"AccessKeyLastUsed": {"Region": "N/A", **used}}
        self.take(key, {"UpdateAccessKey": given.get("Status"), "DeleteAccessKey": "deleted"}[name])
        return {}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Site]:
    """A manager without SNS and a user without a key; in the way are an empty folder, a .netrc and another CA."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(deep_security, "_parser", cache(deep_security._parser))
    for name in os.environ.keys() - {"PATH", "HOME"}:
        monkeypatch.delenv(name)
    Path("netrc").write_text("machine dsm.example.com login somebody password else")
    monkeypatch.setenv("NETRC", "netrc")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    monkeypatch.setenv("DEEP_SECURITY_API_KEY", API_KEY)
    yield (made := Site(monkeypatch, capsys.readouterr))
    assert not made.unlisted, "no command sets a key that IAM does not list as active"
