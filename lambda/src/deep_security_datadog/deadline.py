"""Calls with a deadline each, in threads that are used again. A call that hangs is given up and its thread left behind.

Socket timeouts start anew for each address and each read. For use by the thread that handles the invocation only.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from .log import LoggableError

# Threads that may hang at the same time. A few servers that never answer must not use up an environment's threads.
MOST_LEFT_BEHIND = 32
# Seconds until Lambda ends the invocation.
SecondsLeft: TypeAlias = Callable[[], float]
_T = TypeVar("_T")
_K = TypeVar("_K")


class DeadlineExceeded(LoggableError):
    """There was no result in time."""


class NotBegun(LoggableError):
    """The function was not called: it is not worth it, or too many calls still hang."""


# A function to call, or why it is not to be called; how many seconds it has. The key tells whose the result is.
Call: TypeAlias = tuple[_K, Callable[[], _T] | NotBegun, float]


class _Worker(Thread):
    """A thread that runs one function after another and reports each result, until it is left behind."""

    def __init__(self) -> None:
        super().__init__(name="call", daemon=True)
        self.jobs: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]] | None] = SimpleQueue()
        self.start()

    def run(self) -> None:
        # What ends a thread that is left behind.
        with suppress(SystemExit):
            while job := self.jobs.get():
                function, results = job
                try:
                    result = function()
                except Exception as error:  # noqa: BLE001 (raised again in the thread that asked)
                    result = error
                results.put((self, result))
                # Else they would be kept until the next job comes.
                del job, function, results, result

    def leave_behind(self) -> None:
        """Ends the thread as soon as it runs again: at the next byte, or when its socket times out. That closes it."""
        _left_behind.append(self)
        # For the thread that has just finished and waits for its next job.
        self.jobs.put(None)
        import ctypes

        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident or 0), ctypes.py_object(SystemExit))


_idle: list[_Worker] = []
_left_behind: list[_Worker] = []


def run(function: Callable[[], _T], *, seconds: float) -> _T:
    """The result of `function()`. Raises what that raises, DeadlineExceeded, and NotBegun."""
    calls: Iterator[Call[None, _T]] = iter([(None, function, seconds)])
    ((_, result),) = run_all(lambda: next(calls, None), at_once=1)
    if isinstance(result, Exception):
        raise result
    return result


def run_all(next_call: Callable[[], Call[_K, _T] | None], *, at_once: int) -> Iterator[tuple[_K, _T | Exception]]:
    """Each call's key, and what it returned or raised, once that is there. next_call: None if there is none now."""
    results: SimpleQueue[tuple[_Worker, _T | Exception]] = SimpleQueue()
    running: dict[_Worker, tuple[float, _K, float]] = {}
    try:
        while True:
            while len(running) < at_once and (call := next_call()):
                key, function, seconds = call
                _left_behind[:] = [worker for worker in _left_behind if worker.is_alive()]
                if len(_left_behind) >= MOST_LEFT_BEHIND and not isinstance(function, NotBegun):
                    function = NotBegun(f"{MOST_LEFT_BEHIND} earlier calls still hang")
                if isinstance(function, NotBegun):
                    yield key, function
                    continue
                worker = _idle.pop() if _idle else _Worker()
                running[worker] = time.monotonic() + max(0.0, seconds), key, seconds
                worker.jobs.put((function, results))
            if not running:
                return
            worker, (deadline, _, seconds) = min(running.items(), key=lambda one: one[1][0])
            try:
                worker, result = results.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                result = DeadlineExceeded(f"no answer within {seconds:.0f} s")
                worker.leave_behind()
            else:
                # Its call was given up before it came back.
                if worker not in running:
                    continue
                _idle.append(worker)
            yield running.pop(worker)[1], result
    finally:
        for worker in running:
            worker.leave_behind()
