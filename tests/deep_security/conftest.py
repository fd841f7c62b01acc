"""The command as it is typed, between a fake manager and a fake AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import boto3
import pytest
import requests
import trustme

from tests.deep_security import fakes
from tests.deep_security.fakes import FakeAws, FakeKey, FakeManager, Refused
from tools import deep_security

TOPIC = "arn:aws:sns:eu-central-1:111122223333:deep-security-datadog"
OTHER_TOPIC = "arn:aws:sns:eu-central-1:444455556666:siem"
USER = "deep-security-datadog-publisher"
CONDITION = {"StringEquals": {"EventType": ["AntiMalwareEvent", "PayloadLog"]}}


def configuration(*topics: str) -> str:
    statements = [{"Topic": topic, "Condition": CONDITION} for topic in topics]
    return json.dumps({"Version": "2014-09-24", "Statement": statements})


class Run(NamedTuple):
    code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        return self.output + self.errors


@dataclass
class Site:
    manager: FakeManager
    aws: FakeAws
    folder: Path
    ca: Path
    capture: Callable[[], Iterable[str]]

    @property
    def to_manager(self) -> list[str]:
        return ["--manager", self.manager.url, "--ca-bundle", str(self.ca)]

    def arguments(self, command: str, *options: str) -> list[str]:
        target = ["--topic-arn", TOPIC, "--user", USER, "--configuration", str(self.folder / "configuration.json")]
        return [command, *([] if command in {"test", "hand-over"} else self.to_manager), *target, *options]

    def run(self, command: str, *options: str) -> Run:
        return self.typed(*self.arguments(command, *options))

    def typed(self, *arguments: str) -> Run:
        self.capture()
        code = deep_security.main(list(arguments))
        return Run(code, *self.capture())

    def configure(self, text: str) -> None:
        (self.folder / "configuration.json").write_text(text)

    def start(self, *, applied: bool = True) -> str:
        """Nothing is set up, or `apply` was run: what Deep Security has then."""
        self.aws.around = fakes.plainly
        self.manager.reset()
        self.aws.reset()
        if applied:
            self.manager["Enabled"] = self.manager["AdvancedConfigEnabled"] = "true"
            self.manager["TopicArn"], self.manager["ConfigJson"] = TOPIC, configuration(TOPIC)
            self._set(self.aws.add().age(1000, 1))
        return self.manager["AccessKey"]

    def rotated(self, *, hours: float = 6, used: float = 1, old_used: float = 5.9) -> tuple[FakeKey, FakeKey]:
        """The former key and the new one, so many hours after a rotation."""
        self.start()
        old, new = self.aws.keys[0].age(1000, old_used), self.aws.add().age(hours, used)
        self._set(new)
        return old, new

    def _set(self, key: FakeKey) -> None:
        self.manager["AccessKey"], self.manager["SecretKey"] = key.id, key.secret

    def works(self) -> bool:
        """Deep Security has an active key with its secret."""
        key = self.aws.key(self.manager["AccessKey"])
        return key is not None and (key.status, key.secret) == ("Active", self.manager["SecretKey"])

    def status(self) -> dict[str, str]:
        return {key.id: key.status for key in self.aws.keys}


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Issues a certificate: a file that has it, its key, and the CA."""

    def issue(*names: str, **options: Any) -> Path:
        path = tmp_path_factory.mktemp("certificate") / "own.pem"
        issued = authority.issue_cert(*names, **options)
        path.write_bytes(issued.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())
        return path

    return issue


@pytest.fixture
def site(
    certificate: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> Iterator[Site]:
    """A manager without SNS and a user without a key; the working directory is an empty folder."""
    monkeypatch.chdir(tmp_path)
    ticks = iter(range(10**6))
    monkeypatch.setattr(deep_security, "time", SimpleNamespace(monotonic=lambda: next(ticks), sleep=lambda _: None))
    aws, path, request = FakeAws(USER), certificate("localhost"), requests.Session.request
    monkeypatch.setattr(boto3, "client", aws.client)

    def sent(session: requests.Session, method: str, *arguments: Any, **options: Any) -> Any:
        try:
            return aws.around(method, lambda: request(session, method, *arguments, **options))
        except Refused as refused:
            response = requests.Response()
            response.status_code, response._content = int(refused.status), b'{"message": "no"}'
            return response

    monkeypatch.setattr(requests.Session, "request", sent)
    with fakes.running(path) as manager:
        monkeypatch.setenv("DEEP_SECURITY_API_KEY", manager.api_key)
        site = Site(manager, aws, tmp_path, path, capsys.readouterr)
        site.configure(configuration(TOPIC))
        yield site


@pytest.fixture
def applied(site: Site) -> Site:
    site.start()
    return site
