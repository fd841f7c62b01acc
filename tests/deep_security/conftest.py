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
from tests.deep_security.fakes import Around, FakeAws, FakeKey, FakeManager, Refused
from tools import deep_security

TOPIC = "arn:aws:sns:eu-central-1:111122223333:deep-security-datadog"
OTHER_TOPIC = "arn:aws:sns:eu-central-1:444455556666:siem"
USER = "deep-security-datadog-publisher"
CONDITION = {"StringEquals": {"EventType": ["AntiMalwareEvent", "PayloadLog"]}}


def configuration(*topics: str) -> str:
    return json.dumps(
        {"Version": "2014-09-24", "Statement": [{"Topic": topic, "Condition": CONDITION} for topic in topics]}
    )


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

    def arguments(self, command: str, *options: str) -> list[str]:
        manager = [] if command == "test" else ["--manager", self.manager.url, "--ca-bundle", str(self.ca)]
        target = ["--topic-arn", TOPIC, "--user", USER, "--configuration", str(self.folder / "configuration.json")]
        return [command, *manager, *target, *options]

    def run(self, command: str, *options: str) -> Run:
        return self.typed(*self.arguments(command, *options))

    def typed(self, *arguments: str) -> Run:
        self.capture()
        code = deep_security.main(list(arguments))
        return Run(code, *self.capture())

    def around(self, around: Around) -> None:
        self.manager.around = self.aws.around = around

    def start(self, *, applied: bool = True) -> str:
        """Nothing is set up, or `apply` was run: what Deep Security has then."""
        self.around(fakes.plainly)
        self.manager.reset()
        self.aws.reset()
        if applied:
            key = self.aws.add()
            key.age(1000, 1)
            statement = {"AdvancedConfigEnabled": "true", "ConfigJson": configuration(TOPIC)}
            values = {"Enabled": "true", "TopicArn": TOPIC, "AccessKey": key.id, "SecretKey": key.secret, **statement}
            self.manager.settings |= {fakes.PREFIX + name: value for name, value in values.items()}
        return self.manager["AccessKey"]

    def rotated(self, *, hours: float = 6, used: float = 1, old_used: float = 5.9) -> tuple[FakeKey, FakeKey]:
        """The former key and the new one, so many hours after a rotation."""
        self.start()
        old, new = self.aws.keys[0], self.aws.add()
        old.age(1000, old_used)
        new.age(hours, used)
        self.manager["AccessKey"], self.manager["SecretKey"] = new.id, new.secret
        return old, new

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
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, and the CA that signed it."""
    path = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    certificate = authority.issue_cert("localhost")
    path.write_bytes(certificate.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())
    return path


@pytest.fixture
def site(certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Site]:
    """A manager without SNS and a user without a key; the working directory is an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configuration.json").write_text(configuration(TOPIC))
    ticks = iter(range(10**6))
    monkeypatch.setattr(deep_security, "time", SimpleNamespace(monotonic=lambda: next(ticks), sleep=lambda _: None))
    aws = FakeAws(USER)
    monkeypatch.setattr(boto3, "client", aws.client)
    request: Any = requests.Session.request
    with fakes.running(certificate) as manager:

        def sent(session: requests.Session, method: str, *arguments: Any, **options: Any) -> Any:
            try:
                return manager.around(method, lambda: request(session, method, *arguments, **options))
            except Refused as refused:
                response = requests.Response()
                response.status_code, response._content = int(refused.status), b'{"message": "no"}'
                return response

        monkeypatch.setattr(requests.Session, "request", sent)
        monkeypatch.setenv("DEEP_SECURITY_API_KEY", manager.api_key)
        yield Site(manager, aws, tmp_path, certificate, capsys.readouterr)


@pytest.fixture
def applied(site: Site) -> Site:
    site.start()
    return site
