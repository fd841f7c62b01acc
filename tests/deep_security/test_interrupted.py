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
from tests.deep_security.fakes import Do, FakeKey, Refused

Error = Callable[[str], BaseException]
ERRORS: dict[str, Error] = {
    "interrupted": lambda _: KeyboardInterrupt(),
    "lost": fakes.lost,
    "refused": lambda call: Refused(403 if call in {"GET", "POST"} else "AccessDenied"),
    "failed": lambda call: Refused(500 if call in {"GET", "POST"} else "ServiceFailure"),
}
# Before the other side did it, and after; a refusal is before.
FAULTS = [("interrupted", 0), ("interrupted", 1), ("lost", 0), ("lost", 1), ("refused", 0), ("failed", 1)]
COMMANDS = [("apply", "--yes"), ("rotate", "--yes"), ("rotate", "--yes", "--finish"), ("test",)]


def begin(site: Site, command: tuple[str, ...]) -> None:
    """As each command finds it: nothing, a set-up, or hours after a rotation."""
    if "--finish" in command:
        site.rotated()
    else:
        site.start(applied=command[0] != "apply")


def faults(site: Site, command: tuple[str, ...], name: str, after: int, *, lasting: bool) -> Iterator[tuple[str, Run]]:
    """The command with the fault at its first call, its second, and so on; or from there on."""
    for number in itertools.count(1):
        begin(site, command)
        calls: list[str] = []

        def around(call: str, do: Do, number: int = number, calls: list[str] = calls) -> Any:
            calls.append(call)
            if len(calls) < number or (len(calls) > number and not lasting):
                return do()
            if after:
                do()
            raise ERRORS[name](call)

        site.aws.around = around
        run = site.run(*command)
        site.aws.around = fakes.plainly
        if len(calls) < number:
            assert number > 3
            return
        yield calls[number - 1], run


def go_on(site: Site) -> None:
    """As the messages say: delete what is named as unused, then run the command again."""
    while (run := site.run("apply", "--yes")).code or len(site.aws.keys) > 1:
        text = run.text if run.code else site.run("show").text
        [unused] = {part.split()[0] for part in text.split("--access-key-id ")[1:]}
        key = site.aws.key(unused)
        assert key and unused != site.manager["AccessKey"], text
        site.aws.keys.remove(key)


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize(("fault", "after"), FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_stopped_at_every_call(site: Site, command: tuple[str, ...], fault: str, after: int, lasting: bool) -> None:
    deleted = []
    for call, run in faults(site, command, fault, after, lasting=lasting):
        where = f"{command} at {call}: {run.text}"
        assert run.code == (130 if fault == "interrupted" else 2), where
        assert site.works() or (command[0] == "apply" and not site.manager["AccessKey"]), where
        unused = {*site.status()} - {site.manager["AccessKey"]} if "--finish" not in command else {}
        # Nothing is left over in silence: it is named, or show will.
        assert all(key in run.text or "made an access key" in run.errors for key in unused), where
        assert all(key in run.errors or f"Created {key}" not in run.output for key in unused), where
        if "is deleted again" in run.errors:
            deleted.append(call)
        if command[0] == "apply":
            go_on(site)
            assert site.works() and len(site.aws.keys) == 1, where
    if command[0] != "test" and not lasting:
        definite = {"refused": ["Publish", "POST"], "lost": ["Publish"], "failed": ["Publish"]}
        assert deleted == (definite.get(fault, []) if "--finish" not in command else [])


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
    second_may, first_may, first_ended = (threading.Event() for _ in range(3))
    places = {"first": (n, second_may, first_may), "second": (m, first_may, first_ended)}

    def around(call: str, do: Do) -> Any:
        name, writes = threading.current_thread().name, not call.startswith(("GET", "Get", "List"))
        if writes or wrote[name]:
            wrote[name], counts[name] = writes, counts[name] + 1
            number, go, wait = places[name]
            if counts[name] == number:
                go.set()
                assert wait.wait(10)
        return do()

    def run_first() -> None:
        site.run(*first)
        second_may.set()
        first_ended.set()

    def run_second() -> None:
        assert second_may.wait(10)
        site.run(*second)
        first_may.set()

    site.aws.around = around
    runs = [threading.Thread(target=run_first, name="first"), threading.Thread(target=run_second, name="second")]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    site.aws.around = fakes.plainly
    return counts


def test_a_second_key_that_appears_is_not_deleted(applied: Site) -> None:
    """The second run is refused by IAM's limit; the first one's key stays."""
    others: list[FakeKey] = []

    def around(call: str, do: Do) -> Any:
        if call == "CreateAccessKey":
            others.append(applied.aws.add())
        return do()

    applied.aws.around = around
    run = applied.run("rotate", "--yes")
    assert run.code == 2 and "LimitExceeded" in run.errors and "see show" in run.errors
    assert others[0] in applied.aws.keys and applied.works()


def test_a_manager_that_answers_200_and_shows_the_old_key(applied: Site) -> None:
    old = applied.manager["AccessKey"]
    applied.manager.read = lambda name, value: old if name == "AccessKey" else value
    run = applied.run("rotate", "--yes")
    new = applied.manager["AccessKey"]
    assert run.code == 2 and "shows other values than it took: Access key" in run.errors and new in run.errors
    assert "has taken the change" in run.errors
    # It may show either for a while: neither is touched.
    assert applied.run("rotate", "--yes", "--finish", "--force").code == 2
    assert applied.status() == {old: "Active", new: "Active"} and applied.works()


def test_a_manager_that_masks_its_access_key(site: Site) -> None:
    site.manager.read = lambda name, value: "*" * len(value) if name == "AccessKey" else value
    assert [site.run("apply", "--yes").code for _ in range(2)] == [0, 0] and len(site.aws.keys) == 1
    assert "masks" in site.run("show").output
    old, new = site.rotated()
    assert site.run("rotate", "--yes").code == 2 and site.works()
    new.used = None
    assert site.run("rotate", "--yes", "--finish", "--force").code == 2, "nobody can know better"
    assert site.status() == {old.id: "Active", new.id: "Active"}
    site.rotated()
    assert site.run("rotate", "--yes", "--finish").code == 0 and site.works()


@pytest.mark.parametrize(("saves", "way_on"), [(True, "rotate --finish"), (False, "aws iam delete-access-key")])
def test_a_manager_that_answers_after_the_timeout(applied: Site, saves: bool, way_on: str) -> None:
    late: list[Do] = []

    def around(call: str, do: Do) -> Any:
        if call != "POST":
            return do()
        late.append(do)
        raise requests.ReadTimeout

    applied.aws.around = around
    old, run = applied.manager["AccessKey"], applied.run("rotate", "--yes")
    [new] = {*applied.status()} - {old}
    assert run.code == 2 and new in run.errors and "may have taken" in run.errors and "see show" in run.errors
    if saves:
        late[0]()
    assert applied.works() and applied.manager["AccessKey"] == (new if saves else old)
    assert way_on in applied.run("show").output


def test_a_key_that_is_deleted_meanwhile_is_not_set(applied: Site) -> None:
    """Between two calls somebody deletes the new key: the test with it fails, and Deep Security keeps the old one."""

    def around(call: str, do: Do) -> Any:
        if call == "Publish" and len(applied.aws.keys) == 2:
            applied.aws.keys.pop()
        return do()

    applied.aws.around = around
    run = applied.run("rotate", "--yes")
    assert run.code == 2 and "InvalidClientTokenId" in run.errors and "NoSuchEntity" in run.errors
    assert applied.works() and not applied.manager.written
