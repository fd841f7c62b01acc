"""Stopped, refused, unanswered, or twice at once: a key that works stays in Deep Security and in IAM."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.deep_security import fakes
from tests.deep_security.conftest import Run, Site
from tests.deep_security.fakes import FakeKey, Refused

Fault = Callable[[str, Callable[[], Any]], Any]


def interrupted_before(_call: str, do: Callable[[], Any]) -> Any:
    raise KeyboardInterrupt


def interrupted_after(_call: str, do: Callable[[], Any]) -> Any:
    do()
    raise KeyboardInterrupt


def lost_before(call: str, do: Callable[[], Any]) -> Any:
    raise fakes.lost(call)


def lost_after(call: str, do: Callable[[], Any]) -> Any:
    do()
    raise fakes.lost(call)


def refused(call: str, do: Callable[[], Any]) -> Any:
    raise Refused(403 if call in {"GET", "POST"} else "AccessDenied", "no")


def failed_after(call: str, do: Callable[[], Any]) -> Any:
    do()
    raise Refused(500 if call in {"GET", "POST"} else "ServiceFailure", "broken")


FAULTS = [interrupted_before, interrupted_after, lost_before, lost_after, refused, failed_after]
COMMANDS = [("apply", "--yes"), ("rotate", "--yes"), ("rotate", "--yes", "--finish"), ("test",)]


def begin(site: Site, command: tuple[str, ...]) -> None:
    """As each command finds it: nothing, a set-up, or hours after a rotation."""
    if "--finish" in command:
        site.rotated()
    else:
        site.start(applied=command[0] != "apply")


def faults(site: Site, command: tuple[str, ...], fault: Fault, *, lasting: bool) -> Iterator[tuple[str, Run]]:
    """The command with the fault at its first call, its second, and so on; or from there on."""
    for number in itertools.count(1):
        begin(site, command)
        calls: list[str] = []

        def around(call: str, do: Callable[[], Any], number: int = number, calls: list[str] = calls) -> Any:
            calls.append(call)
            faulty = len(calls) >= number if lasting else len(calls) == number
            return fault(call, do) if faulty else do()

        site.around(around)
        run = site.run(*command)
        site.around(fakes.plainly)
        if len(calls) < number:
            assert number > 3
            return
        yield calls[number - 1], run


def go_on(site: Site) -> None:
    """As the messages say: delete what is named as unused, then run the command again."""
    while (run := site.run("apply", "--yes")).code or len(site.aws.keys) > 1:
        text = run.text if run.code else site.run("show").text
        commands = [line.rpartition("--access-key-id ")[2].split()[0] for line in text.split("\n") if "aws iam" in line]
        [unused] = set(commands)
        key = site.aws.key(unused)
        assert key and unused != site.manager["AccessKey"], text
        site.aws.keys.remove(key)


@pytest.mark.parametrize(
    ("fault", "lasting"), [*((fault, False) for fault in FAULTS), *((fault, True) for fault in FAULTS[2:])]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_stopped_at_every_call(site: Site, command: tuple[str, ...], fault: Fault, lasting: bool) -> None:
    for call, run in faults(site, command, fault, lasting=lasting):
        where = f"{command} at {call}: {run.text}"
        assert run.code == (130 if "interrupted" in fault.__name__ else 2), where
        assert site.works() or (command[0] == "apply" and not site.manager["AccessKey"]), where
        for key in {*site.status()} - {site.manager["AccessKey"]} if "--finish" not in command else {}:
            # Nothing is left over in silence: it is named, or show will.
            assert key in run.text or "made an access key" in run.errors, where
        if command[0] == "apply":
            go_on(site)
            assert site.works() and len(site.aws.keys) == 1, where


@pytest.mark.parametrize("fault", FAULTS)
def test_only_a_definite_refusal_deletes_the_new_key(applied: Site, fault: Fault) -> None:
    deleted = []
    for call, run in faults(applied, ("rotate", "--yes"), fault, lasting=False):
        applied.aws.made -= 1
        if len(applied.aws.keys) == 1 and "Created" in run.output:
            deleted.append(call)
            assert "is deleted again" in run.errors
        assert applied.works()
    expected = {
        "refused": ["Publish", "POST"],
        "lost_before": ["Publish"],
        "lost_after": ["Publish"],
        "failed_after": ["Publish"],
    }
    assert deleted == expected.get(fault.__name__, [])


@pytest.mark.parametrize("second", COMMANDS)
@pytest.mark.parametrize("first", COMMANDS)
def test_two_runs_interleaved(site: Site, first: tuple[str, ...], second: tuple[str, ...]) -> None:
    """The first waits before its n-th call while the second runs to its m-th; the first ends, then the second."""
    for n in itertools.count(1):
        for m in itertools.count(1):
            begin(site, first)
            counts = interleaved(site, first, n, second, m)
            where = f"{first} until {n}, {second} until {m}: {site.status()} {site.manager.settings}"
            assert site.works() or not site.manager["AccessKey"], where
            if counts["second"] < m:
                break
        if counts["first"] < n:
            return


def interleaved(site: Site, first: tuple[str, ...], n: int, second: tuple[str, ...], m: int) -> dict[str, int]:
    """They change places before a change and after it; between two reads it would make no difference."""
    counts, wrote = {"first": 0, "second": 0}, {"first": False, "second": False}
    first_may, second_may = threading.Event(), threading.Event()
    go, ended = {"first": second_may, "second": first_may}, {"first": first_may, "second": second_may}

    def around(call: str, do: Callable[[], Any]) -> Any:
        name, writes = threading.current_thread().name, not call.startswith(("GET", "Get", "List"))
        if name in counts and (writes or wrote[name]):
            wrote[name], counts[name] = writes, counts[name] + 1
            if counts[name] == {"first": n, "second": m}[name]:
                go[name].set()
                assert ended[name].wait(10)
        return do()

    def run(name: str, command: tuple[str, ...]) -> None:
        if name == "second":
            assert second_may.wait(10)
        site.run(*command)
        go[name].set()

    site.around(around)
    runs = [threading.Thread(target=run, args=given, name=given[0]) for given in (("first", first), ("second", second))]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    site.around(fakes.plainly)
    return counts


def test_two_rotations_at_once_delete_nothing_of_each_other(applied: Site) -> None:
    """The second is refused by IAM's limit; the first one's key stays."""

    def around(call: str, do: Callable[[], Any]) -> Any:
        if call == "CreateAccessKey" and not others:
            others.append(FakeKey("", ""))
            others.append(applied.aws.add())
        return do()

    others: list[FakeKey] = []
    applied.around(around)
    run = applied.run("rotate", "--yes")
    assert run.code == 2 and "LimitExceeded" in run.errors and "see show" in run.errors
    assert others[1] in applied.aws.keys and applied.works()


def test_a_manager_that_answers_200_and_shows_the_old_key(applied: Site) -> None:
    old = applied.manager["AccessKey"]
    applied.manager.read = lambda name, value: old if name == "AccessKey" else value
    run = applied.run("rotate", "--yes")
    new = applied.manager["AccessKey"]
    assert run.code == 2 and "shows other values than it took: Access key" in run.errors and new in run.errors
    assert applied.status() == {old: "Active", new: "Active"} and applied.works()
    # It may show either for a while: neither is touched.
    finish = applied.run("rotate", "--yes", "--finish", "--force")
    assert finish.code == 2 and applied.status() == {old: "Active", new: "Active"}


def test_a_manager_that_masks_its_access_key(site: Site) -> None:
    site.manager.read = lambda name, value: "*" * len(value) if name == "AccessKey" else value
    assert site.run("apply", "--yes").code == 0
    assert "masks" in site.run("show").output and site.run("apply", "--yes").code == 0 and len(site.aws.keys) == 1
    old, new = site.rotated()
    assert site.run("rotate", "--yes").code == 2 and site.works()
    new.used = None
    assert site.run("rotate", "--yes", "--finish", "--force").code == 2, "nobody can know better"
    assert site.status() == {old.id: "Active", new.id: "Active"}
    site.rotated()
    assert site.run("rotate", "--yes", "--finish").code == 0 and site.works()


@pytest.mark.parametrize("saves", [True, False])
def test_a_manager_that_answers_after_the_timeout(applied: Site, saves: bool) -> None:
    old = applied.manager["AccessKey"]
    late: list[Callable[[], Any]] = []

    def around(call: str, do: Callable[[], Any]) -> Any:
        if call != "POST":
            return do()
        late.append(do)
        raise requests.ReadTimeout

    applied.around(around)
    run = applied.run("rotate", "--yes")
    [new] = {*applied.status()} - {old}
    assert run.code == 2 and new in run.errors and "may have taken" in run.errors and "see show" in run.errors
    if saves:
        late[0]()
    assert applied.works() and applied.manager["AccessKey"] == (new if saves else old)
    assert ("rotate --finish" if saves else "aws iam delete-access-key") in applied.run("show").output


def test_a_key_that_is_deleted_meanwhile_is_not_set(applied: Site) -> None:
    """Between two calls somebody deletes the new key: the test with it fails, and Deep Security keeps the old one."""

    def around(call: str, do: Callable[[], Any]) -> Any:
        if call == "Publish" and len(applied.aws.keys) == 2:
            applied.aws.keys.pop()
        return do()

    applied.around(around)
    run = applied.run("rotate", "--yes")
    assert run.code == 2 and "InvalidClientTokenId" in run.errors and "NoSuchEntity" in run.errors
    assert applied.works() and not applied.manager.written
