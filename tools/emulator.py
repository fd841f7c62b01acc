"""AWS on this machine: ministack as a process of its own, on a free port, in an environment that reaches nothing."""

import contextlib
import functools
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tools import processes

ACCOUNT = "111122223333"
REGION = "us-east-1"
START_SECONDS = 60


class EmulatorError(Exception):
    """The emulator did not start; the message ends with what it printed."""


class Emulator:
    """A running emulator. An access key of 12 digits is the account, so several accounts are several keys."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"

    def environment(self, account: str = ACCOUNT, region: str = REGION) -> dict[str, str]:
        """What AWS's SDKs and Terraform need in their environment."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "unused",
            "AWS_REGION": region,
        }

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """A boto3 client that ignores the environment and the files of whoever runs this."""
        return _client(self.url, service, account, region)

    def store(self, secret: str, value: str, account: str = ACCOUNT, region: str = REGION) -> None:
        """Make this the secret's current value, as the examples' command does."""
        self.client("secretsmanager", account, region).put_secret_value(SecretId=secret, SecretString=value)

    def function_log(self, name: str, account: str = ACCOUNT, region: str = REGION) -> list[str]:
        """The function's log lines, oldest first."""
        logs = self.client("logs", account, region)
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        events = [event for page in pages for event in page["events"]]
        return [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]


# Kept, because tests that poll ask for one several times a second, and making it takes a tenth of a second.
@functools.cache
def _client(url: str, service: str, account: str, region: str) -> Any:
    session = boto3.session.Session(aws_access_key_id=account, aws_secret_access_key="unused")  # noqa: S106
    return session.client(service, region_name=region, endpoint_url=url, config=Config(proxies={}), verify=False)


@contextlib.contextmanager
def emulator(**settings: str) -> Iterator[Emulator]:
    """Run the emulator while the block lasts. `settings` are further environment variables of its own."""
    port = next(free_ports())
    with contextlib.ExitStack() as stack:
        # Removed here, or by the guard if this process is killed.
        temporary = tempfile.TemporaryDirectory(prefix="emulator-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(temporary))
        log = stack.enter_context((folder / "emulator.log").open("w", encoding="utf-8"))
        command, environ = [sys.executable, "-m", "ministack"], _environment(port, folder) | settings
        process = stack.enter_context(processes.running(command, env=environ, cwd=folder, stdout=log, remove=folder))
        running = Emulator(port, folder)
        if not _answers(process, running):
            printed = (folder / "emulator.log").read_text(encoding="utf-8", errors="replace")
            raise EmulatorError(f"the emulator (ministack) did not start\n{printed}")
        yield running


def free_ports() -> Iterator[int]:
    """Below those that the system gives to connections, so that they stay free until somebody listens."""
    for port in random.sample(range(20_000, 30_000), 10_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                yield port


def _answers(process: subprocess.Popen[str], running: Emulator) -> bool:
    """Wait until it is ready; False when it ended or took too long."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), direct.open(f"{running.url}/_ministack/ready", timeout=5):
            return True
        time.sleep(0.1)
    return False


def _environment(port: int, folder: Path) -> dict[str, str]:
    """Functions inherit all of it, so nothing of the caller's goes in but what a process needs to run at all."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "AWS_EC2_METADATA_DISABLED": "true",
        # Both would open further ports, one of them always the same.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PYTHONUNBUFFERED": "1",
    }
