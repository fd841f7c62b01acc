"""A call ends in time, its thread is used again, and one that hangs is ended and bounded."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from threading import Event, current_thread
from threading import enumerate as threads
from typing import Any

import pytest

from deep_security_datadog import deadline
from deep_security_datadog.deadline import Call, DeadlineExceeded, NotBegun, run, run_all
from tests.support import becomes_true

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture
def release() -> Iterator[Event]:
    """What hangs in a test waits for this, and ends with the test."""
    event = Event()
    yield event
    event.set()
    assert becomes_true(lambda: not any(worker.is_alive() for worker in deadline._left_behind))


def calls(*given: Call[int, Any]) -> Callable[[], Call[int, Any] | None]:
    """One after another."""
    left = iter(given)
    return lambda: next(left, None)


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("its own")])
def test_what_it_returns_is_returned_and_what_it_raises_is_raised(error: Exception) -> None:
    def fail() -> None:
        raise error

    assert run(lambda: 3, seconds=5) == 3
    with pytest.raises(type(error), match=str(error)):
        run(fail, seconds=5)


@pytest.mark.parametrize("seconds", [0.1, 0.0, -1.0])
def test_what_hangs_is_left_in_time(seconds: float, release: Event) -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="no answer within"):
        run(lambda: release.wait(60), seconds=seconds)
    assert time.monotonic() - started < 30


def test_each_result_has_the_key_of_its_call_and_comes_when_it_is_there() -> None:
    first = Event()

    def late() -> str:
        assert first.wait(30)
        return "late"

    results = run_all(calls((1, late, 30), (2, lambda: "at once", 30)), at_once=2)
    assert next(results) == (2, "at once")
    first.set()
    assert list(results) == [(1, "late")]


def test_no_more_run_at_once_than_that_and_each_has_its_own_deadline(release: Event) -> None:
    running, most = set[int](), list[int]()

    def call(number: int) -> None:
        running.add(number)
        most.append(len(running))
        time.sleep(0.02)
        running.discard(number)

    nine = calls((0, lambda: release.wait(60), 0.1), *((n, partial(call, n), 30) for n in range(1, 9)))
    errors = {key: type(result) for key, result in run_all(nine, at_once=3)}
    assert errors == {0: DeadlineExceeded} | dict.fromkeys(range(1, 9), type(None))
    assert max(most) <= 3


def test_a_call_is_given_up_while_another_may_still_take_long(release: Event) -> None:
    results = run_all(calls((1, lambda: release.wait(60), 60), (2, lambda: release.wait(60), 0.1)), at_once=2)
    key, result = next(results)
    assert (key, type(result)) == (2, DeadlineExceeded)
    release.set()
    assert [key for key, _ in results] == [1]


def test_threads_are_used_again() -> None:
    """A fresh one for each call costs a fifth of an event's CPU."""
    names = {run(lambda: current_thread().ident, seconds=30) for _ in range(20)}
    assert len(names) == 1


def test_a_thread_that_is_left_behind_ends_at_its_next_step_and_closes_what_it_has_open() -> None:
    here, there = socket.socketpair()

    def listen() -> None:
        with here, suppress(OSError, ValueError):
            while True:
                here.recv(1)

    with pytest.raises(DeadlineExceeded):
        run(listen, seconds=0.05)
    (worker,) = (one for one in deadline._left_behind if one.is_alive())
    there.sendall(b"x")
    worker.join(30)
    assert not worker.is_alive()
    with there:
        assert there.recv(1) == b"", "the other side is told"


def test_a_thread_whose_call_has_just_returned_ends_as_well() -> None:
    """Its result comes too late, and nobody gives it another call."""
    before = set(threads())
    for _ in range(200):
        with suppress(DeadlineExceeded):
            run(lambda: None, seconds=0.0)
    idle = set(deadline._idle)
    assert becomes_true(lambda: not set(threads()) - before - idle)


def test_a_late_result_is_nobody_elses(release: Event) -> None:
    late = Event()

    def slow() -> str:
        with suppress(SystemExit):
            release.wait(60)
        late.set()
        return "late"

    def next_one() -> str:
        release.set()
        assert late.wait(30)
        return "mine"

    first, second = run_all(calls((1, slow, 0.05), (2, next_one, 30)), at_once=1)
    assert isinstance(first[1], DeadlineExceeded)
    assert second[1] == "mine"


def test_calls_that_nobody_waits_for_any_more_are_given_up(release: Event) -> None:
    results = run_all(calls((1, lambda: release.wait(60), 60), (2, lambda: None, 60)), at_once=2)
    assert next(results)[0] == 2
    results.close()  # type: ignore[attr-defined]
    assert any(worker.is_alive() for worker in deadline._left_behind)


def test_nothing_is_begun_while_too_many_hang_and_all_is_well_afterwards(
    release: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "MOST_LEFT_BEHIND", 4)
    hanging = calls(*((number, lambda: release.wait(60), 0.1) for number in range(4)))
    assert all(isinstance(result, DeadlineExceeded) for _, result in run_all(hanging, at_once=4))
    begun = Event()
    with pytest.raises(NotBegun, match="4 earlier calls still hang"):
        run(begun.set, seconds=30)
    assert not begun.is_set()
    ((_, why),) = run_all(calls((1, NotBegun("another reason"), 30)), at_once=1)
    assert str(why) == "another reason"
    release.set()
    assert becomes_true(lambda: not any(worker.is_alive() for worker in deadline._left_behind))
    assert run(lambda: 3, seconds=30) == 3
