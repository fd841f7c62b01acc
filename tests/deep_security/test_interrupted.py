"""Stopped, refused, unanswered, or twice at once: a key that works stays in Deep Security and in IAM."""

import contextlib
import itertools
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ReadTimeoutError, SSLError
from botocore.parsers import ResponseParserError

from tests.deep_security.conftest import OTHER_TOPIC, PREFIX, TABLES, Do, Refused, Site, configuration

COMMANDS = ["apply --yes", "rotate --yes", "rotate --yes --finish", "apply --yes --replace", "test"]
# The calls at which a fault lets the command delete its new key again, where not only at the test with it.
DELETED = {"refused": ["Publish", *["GET"] * 5, "ListAccessKeys", "POST"], "interrupted": [], "odd": [], "proxy": []}


def error(fault: str, call: str) -> BaseException:
    """What stops the command at a call, as its client raises it or as it is answered."""
    http = call.isupper()
    lost = requests.ReadTimeout("read timed out") if http else ReadTimeoutError(endpoint_url="aws")
    return {
        "interrupted": KeyboardInterrupt(),
        "refused": Refused(403 if http else "AccessDenied", f"{call} is refused"),
        "failed": Refused(500 if http else "ServiceFailure"),
        "proxy": Refused(403, "<html>"),
        "late proxy": Refused(408) if http else lost,
    }.get(fault, lost)


def begin(site: Site, command: str) -> None:
    """As each command finds it: nothing, a set-up that is switched off, a set-up, or hours after a rotation."""
    site.rotated() if "--finish" in command else site.start(applied="apply" not in command or "--replace" in command)
    site.settings[f"{PREFIX}Enabled"] = str("apply" not in command)


def stops(site: Site, command: str, fault: str, when: str, until: str) -> Iterator[Any]:
    """The fault at the command's first call, its second, and so on: the call, how it was before, and the run."""
    for number in itertools.count(1):
        begin(site, command)
        before, calls, late = site.snapshot(), list[str](), list[Do]()

        def around(call: str, do: Do, number: int = number, calls: Any = calls, late: Any = late) -> Any:
            calls.append(call)
            if len(calls) < number or (len(calls) > number and until == "once"):
                return do()
            if when == "before":
                do()
            late.append(do)
            if fault == "odd":
                return [] if call.isupper() else {"ResponseMetadata": {}} if call[:6] in {"Delete", "Update"} else {}
            raise error(fault, call)

        site.around = around
        run = site.run(*command.split())
        site.around = lambda _, do: do()
        if len(calls) < number:
            assert number > 3
            return
        if when == "after":
            with contextlib.suppress(Refused):
                late[0]()
        yield calls[number - 1], before, run


def go_on(site: Site) -> None:
    """As the messages say: delete what is named as unused, and run `apply` again."""
    while (run := site.run("apply", "--yes")).code:
        unused = run.all.partition("--access-key-id ")[2].split()[0]
        assert unused != site.has, run
        site.keys = [key for key in site.keys if key.id != unused]
    assert site.works()


@pytest.mark.parametrize(("fault", "when", "until"), TABLES["faults"])
@pytest.mark.parametrize("command", COMMANDS)
def test_stopped_at_every_call(site: Site, command: str, fault: str, when: str, until: str) -> None:
    deleted = list[str]()
    for call, before, run in stops(site, command, fault, when, until):
        now, where = site.snapshot(), f"{command} at {call}: {run}"
        assert run.code == (130 if fault == "interrupted" else 2), where
        assert site.works() or (not before[0] and not site.has), where
        # What it says of how things stand is so. After a definite refusal it knows, and tells the first cause first.
        assert "Nothing was changed" not in run.errors or now == before, where
        assert "is deleted again" not in run.errors or now == before, where
        assert "has taken the change" not in run.errors or now[1] != before[1], where
        if fault == "refused":
            assert " may " not in run.errors and f"{call} is refused" in run.errors.split("\n")[0], where
            both = until == "lasting" and (call == "Publish" or (call == "POST" and "--replace" not in command))
            assert ("DeleteAccessKey is refused" in run.errors) >= both, where
        if fault == "odd":
            assert "Is a proxy in between?" in run.errors and {*before[0]} <= {*now[0]}, where
        # Nothing is left over in silence.
        leftover = {*now[0]} - {*before[0], site.has}
        assert all(key in run.errors or "may have made an access key" in run.errors for key in leftover), where
        deleted += [call] * ("is deleted again" in run.errors)
        if until == "once":
            go_on(site)
    if command in COMMANDS[:2] and until == "once":
        assert deleted == DELETED.get(fault, ["Publish"])


@pytest.mark.parametrize("second", COMMANDS)
@pytest.mark.parametrize("first", COMMANDS)
def test_two_runs_interleaved(site: Site, first: str, second: str) -> None:
    """The first waits before its n-th call while the second runs to its m-th; the first ends, then the second."""
    for n in itertools.count(1):
        for m in itertools.count(1):
            begin(site, first)
            of_first, of_second = interleaved(site, first, n, second, m)
            assert site.works() or not site.has, f"{first} {n}, {second} {m}: {site.snapshot()}"
            if of_first < n:
                return
            if of_second < m:
                break


def interleaved(site: Site, first: str, n: int, second: str, m: int) -> tuple[int, int]:
    """They change places before a change and after it; between two reads it would make no difference."""
    counts, wrote, paused, end = [0, 0], [False, False], threading.Event(), threading.Event()

    def run_second() -> None:
        site.run(*second.split())
        paused.set()

    def around(call: str, do: Do) -> Any:
        who, writes = int(threading.current_thread() is other), not call.startswith(("GET", "Get", "List"))
        here, wrote[who] = writes or wrote[who], writes
        counts[who] += here
        if here and who and counts[who] == m:
            paused.set()
            assert end.wait(10)
        elif here and not who and counts[who] == n:
            other.start()
            assert paused.wait(10)
        return do()

    other, site.around = threading.Thread(target=run_second), around
    site.run(*first.split())
    end.set()
    if other.ident:
        other.join()
    return counts[0], counts[1]


@pytest.mark.parametrize("where", ["Publish", "ListAccessKeys"])
@pytest.mark.parametrize("status", ["Inactive", "deleted"])
def test_a_new_key_that_somebody_takes_away_is_not_set(site: Site, where: str, status: str) -> None:
    site.start()
    site.at(**{where: lambda: [site.take(key, status) for key in site.keys[1:]]})
    run = site.run("rotate", "--yes")
    cause = run.errors.find("InvalidClientTokenId" if where == "Publish" else "IAM no active key AKIA")
    assert run.code == 2 and site.works() and not site.written and len(site.keys) == 1
    assert -1 < cause < run.errors.find("NoSuchEntity" if status == "deleted" else "is deleted again")


@pytest.mark.parametrize("where", ["ListAccessKeys", "CreateAccessKey", "Publish", "POST"])
def test_a_key_that_this_run_did_not_make_is_not_deleted(site: Site, where: str) -> None:
    """Somebody makes one before a call, which is refused then: a second run, or by hand."""
    others = []

    def somebody() -> None:
        others.append(site.add())
        raise Refused(409 if where == "POST" else "LimitExceeded")

    site.at(**{where: somebody})
    run = site.run("apply", "--yes")
    assert run.code == 2 and site.keys == others
    assert run.errors.endswith("Nothing was changed.\n" if where[0] in "LC" else "is deleted again.\n")


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), ResponseParserError("-\nb'secret'"), SSLError(endpoint_url="", error="-")]
)
def test_a_deletion_that_may_have_been_made(site: Site, stop: BaseException) -> None:
    site.at(POST=Refused(403), DeleteAccessKey=stop)
    for command, cause in (("apply --yes", "https://.* HTTP 403"), ("test", f".*{type(stop).__name__}")):
        errors = site.run(*command.split()).errors
        assert re.match(cause, errors) and type(stop).__name__ in errors and "secret" not in errors
        assert errors.endswith(f"\n{site.keys.pop().id} may still be there: see show.\n")


def test_a_manager_that_answers_200_and_shows_the_old_key(site: Site) -> None:
    old = site.start()
    site.shows = lambda name, value: old if name == "AccessKey" else value
    run, now = site.run("rotate", "--yes"), site.snapshot()
    assert run.code == 2 and "shows other values than it took: Access key" in run.errors
    assert "has taken the change" in run.errors and site.has in run.errors and site.works() and site.has != old
    assert site.run("rotate", "--yes", "--finish", "--force").code == 2 and site.snapshot() == now


@pytest.mark.parametrize("mask", ["*", "X", ""])
def test_a_manager_that_masks_its_access_key(site: Site, mask: str) -> None:
    """Whichever key it has, no command makes either inactive until IAM shows that SNS has seen the newer one."""
    site.shows = lambda name, value: mask * len(value) if name == "AccessKey" else value
    assert [site.run("apply", "--yes").code for _ in range(2)] == [0, 0] and len(site.keys) == 1
    assert site.run("rotate", "--yes").code == 0 and site.works() and len(site.keys) == 2
    for has, given in itertools.product([0, 1], [{"hours": 2, "used": 2}, {"used": 6}, {"used": 6, "old_used": 1}]):
        site.set(site.rotated(**given)[has])
        before = site.snapshot()
        for command in ("rotate", "rotate --finish", "rotate --finish --force"):
            assert "give this manager an IAM user of its own" in site.run(*command.split(), "--yes").output
        assert site.snapshot() == before
    site.rotated()
    assert [site.run("rotate", "--yes", "--finish").code for _ in range(2)] == [0, 0]
    assert site.works() and len(site.keys) == 1
    site.settings[f"{PREFIX}ConfigJson"] = configuration(OTHER_TOPIC)
    assert site.run("rotate", "--yes").code == 2 and len(site.keys) == 1, "no guess for another topic"
