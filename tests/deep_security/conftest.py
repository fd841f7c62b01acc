"""The command against a fake manager and the emulator's IAM."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.deep_security import fake_manager
from tests.deep_security.fake_manager import FakeManager
from tools.deep_security import __main__ as command_line
from tools.deep_security import aws
from tools.emulator import ACCOUNT, REGION, Emulator, emulator

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:deep-security-datadog"
CONFIGURATION = {
    "Version": "2014-09-24",
    "Statement": [{"Topic": TOPIC, "Condition": {"StringEquals": {"EventType": ["AntiMalwareEvent", "PayloadLog"]}}}],
}


@dataclass
class Run:
    """What a command returned and printed."""

    code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        return self.output + self.errors


@dataclass
class Site:
    """A manager, a user of IAM, and the files and options by which the command finds them."""

    manager: FakeManager
    iam: Any
    user: str
    folder: Path
    certificate: Path
    capture: Callable[[], Iterable[str]]

    def run(self, command: str, *arguments: str, wanted: bool = True, trusted: bool = True) -> Run:
        """One command, as typed."""
        self.capture()
        code = command_line.main(self.arguments(command, *arguments, wanted=wanted, trusted=trusted))
        return Run(code, *self.capture())

    def arguments(self, command: str, *arguments: str, wanted: bool = True, trusted: bool = True) -> list[str]:
        """With the options that say where the manager is (`trusted`: by its CA) and what is wanted."""
        manager = ["--manager", self.manager.url, "--ca-bundle", str(self.certificate)]
        target = ["--topic-arn", TOPIC, "--user", self.user, "--configuration", str(self.folder / "configuration.json")]
        return [command, *(manager if trusted else []), *(target if wanted else []), *arguments]

    def keys(self) -> dict[str, str]:
        """The status of each access key of the user by its id."""
        listed = self.iam.list_access_keys(UserName=self.user)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in listed}

    def kept(self) -> list[Path]:
        """Files of former settings, oldest first."""
        return sorted(self.folder.glob("deep-security-*.json"), key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture(scope="session")
def _aws() -> Iterator[Emulator]:
    with emulator() as running:
        yield running


@pytest.fixture(scope="session")
def _iam(_aws: Emulator) -> Any:
    return _aws.client("iam")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key, and the CA that signed it."""
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    path.write_bytes(ca.issue_cert("localhost").private_key_and_cert_chain_pem.bytes() + ca.cert_pem.bytes())
    return path


@pytest.fixture
def site(
    _aws: Emulator,
    _iam: Any,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Site]:
    """A manager without SNS and a user without a key; the working directory is an empty folder."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    user = f"publisher-{uuid.uuid4().hex[:8]}"
    _iam.create_user(UserName=user)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configuration.json").write_text(json.dumps(CONFIGURATION))
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(aws, "VALID_SECONDS", 0)
    with fake_manager.running(certificate) as manager:
        for name, value in {**_aws.environment(), "DEEP_SECURITY_API_KEY": manager.api_key}.items():
            monkeypatch.setenv(name, value)
        yield Site(manager, _iam, user, tmp_path, certificate, capsys.readouterr)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def applied(site: Site) -> Site:
    """A site after `apply`."""
    assert site.run("apply", "--yes").code == 0
    site.manager.written.clear()
    return site
