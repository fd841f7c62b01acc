"""Each command is stopped at each of its requests: Deep Security keeps a working key, and the message says which.

Both clients, that of the manager and that of AWS, send their requests through urllib3, so they are stopped there.
"""

from __future__ import annotations

import functools
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from tests.deep_security.conftest import TOPIC, Run, Site
from tests.deep_security.fake_manager import PREFIX, defaults
from tools.deep_security import interrupts
from tools.repository import ROOT

Fault = Callable[[HTTPConnectionPool, Callable[[], Any]], Any]


def interrupted_before(_pool: HTTPConnectionPool, send: Callable[[], Any]) -> Any:
    signal.raise_signal(signal.SIGINT)
    return send()


def terminated_after(_pool: HTTPConnectionPool, send: Callable[[], Any]) -> Any:
    answer = send()
    signal.raise_signal(signal.SIGTERM)
    return answer


def unreachable(pool: HTTPConnectionPool, _send: Callable[[], Any]) -> Any:
    refused = NewConnectionError(pool, "refused")  # type: ignore[arg-type]
    raise MaxRetryError(pool, "/", refused) if pool.scheme == "https" else refused


def answer_lost(_pool: HTTPConnectionPool, send: Callable[[], Any]) -> Any:
    send()
    raise ProtocolError("Connection aborted.")


NETWORK_FAULTS = [unreachable, answer_lost]
FAULTS = [interrupted_before, terminated_after, *NETWORK_FAULTS]


class Requests:
    """Counts the requests of a command, and lets some of them fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.failing = range(0)
        self.fault: Fault = interrupted_before
        self.lasting = False
        urlopen: Any = HTTPConnectionPool.urlopen

        def counting(pool: HTTPConnectionPool, *arguments: Any, **options: Any) -> Any:
            self.count += 1
            send = functools.partial(urlopen, pool, *arguments, **options)
            return self.fault(pool, send) if self.count in self.failing else send()

        monkeypatch.setattr(HTTPConnectionPool, "urlopen", counting)

    def each(self, fault: Fault, start: Callable[[], object], run: Callable[[], Run]) -> Iterator[Run]:
        """The command with the fault at its first request, its second and so on; the network fails for good, too."""
        for end in (1, 100) if fault in NETWORK_FAULTS else (1,):
            self.lasting = end > 1
            for number in itertools.count(1):
                start()
                self.count, self.fault, self.failing = 0, fault, range(number, number + end)
                result = run()
                self.failing = range(0)
                if self.count < number:
                    break
                yield result


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Requests:
    return Requests(monkeypatch)


@pytest.mark.parametrize("fault", FAULTS)
def test_apply_leaves_no_key_that_nobody_uses(site: Site, requests: Requests, fault: Fault) -> None:
    stopped = 0
    for run in requests.each(fault, lambda: start_anew(site), lambda: site.run("apply", "--yes")):
        stopped += run.code != 0
        used = site.manager.setting("AccessKey")
        assert not used or site.keys().get(used) == "Active", run.text
        unused = set(site.keys()) - {used}
        # Where AWS stays away, only the message can help.
        told = f"If the user {site.user} has a new access key, delete it" in run.errors
        assert all(requests.lasting and (told or key in run.errors) for key in unused), run.text
        if site.keys():
            assert site.run("apply", "--yes").code == 0, run.text
    assert stopped >= 10


@pytest.mark.parametrize("fault", FAULTS)
def test_rotate_leaves_a_working_key_and_says_which(site: Site, requests: Requests, fault: Fault) -> None:
    stopped = 0
    for run in requests.each(fault, lambda: apply_anew(site), lambda: site.run("rotate", "--yes", "--assume-works")):
        stopped += run.code != 0
        used = site.manager.setting("AccessKey")
        assert site.keys()[used] == "Active", run.text
        assert used in run.text or "Nothing was changed." in run.errors, run.text
        if len(site.keys()) > 1:
            go_on(site)
        assert site.keys() == {site.manager.setting("AccessKey"): "Active"}, run.text
    assert stopped >= 8


@pytest.mark.parametrize("fault", FAULTS)
def test_finish_leaves_the_key_that_works(site: Site, requests: Requests, fault: Fault) -> None:
    def start() -> None:
        old = apply_anew(site)
        site.iam.update_access_key(UserName=site.user, AccessKeyId=old, Status="Inactive")
        new = site.iam.create_access_key(UserName=site.user)["AccessKey"]["AccessKeyId"]
        site.manager.settings[f"{PREFIX}AccessKey"] = new

    for run in requests.each(fault, start, lambda: site.run("rotate", "--yes", "--finish")):
        assert site.keys()[site.manager.setting("AccessKey")] == "Active", run.text


def start_anew(site: Site) -> None:
    for key in list(site.keys()):
        site.iam.delete_access_key(UserName=site.user, AccessKeyId=key)
    site.manager.settings = defaults()


def apply_anew(site: Site) -> str:
    """As after `apply`, without its time."""
    start_anew(site)
    key: str = site.iam.create_access_key(UserName=site.user)["AccessKey"]["AccessKeyId"]
    site.manager.settings |= {f"{PREFIX}Enabled": "true", f"{PREFIX}TopicArn": TOPIC, f"{PREFIX}AccessKey": key}
    return key


def go_on(site: Site) -> None:
    """As the messages say."""
    if list(site.keys().values()) == ["Active", "Active"]:
        assert site.run("rotate", "--yes", "--resume", "--assume-works").code == 0
    assert site.run("rotate", "--yes", "--finish").code == 0


def test_what_arrives_during_a_held_step_is_raised_at_its_end() -> None:
    reached = []

    def step() -> None:
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
            reached.append("end")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert reached == ["end"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_manager_saves(applied: Site, number: signal.Signals) -> None:
    """As a process of its own, with a real signal. The manager saves it all the same, a little later."""
    [old] = applied.keys()
    saving, go, saved = threading.Event(), threading.Event(), threading.Event()

    def wait(method: str) -> bool:
        if method == "POST":
            saving.set()
            go.wait(60)
        return True

    def note(method: str) -> bool:
        if method == "POST":
            saved.set()
        return True

    applied.manager.before, applied.manager.after = wait, note
    command = [sys.executable, "-m", "tools.deep_security", *applied.arguments("rotate", "--yes", "--assume-works")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert saving.wait(60)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    go.set()
    assert saved.wait(60)
    assert process.returncode == 130 and "Interrupted." in errors and old in errors and "Traceback" not in errors
    assert applied.manager.setting("AccessKey") != old
    assert applied.keys() == {old: "Active", applied.manager.setting("AccessKey"): "Active"}
    go_on(applied)
