"""A deadline for any call. Socket timeouts do not give one: they start anew for each address and each read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

_T = TypeVar("_T")


class DeadlineExceeded(Exception):
    """There was no result in time. The message says how long the wait was."""


def run(function: Callable[[], _T], *, seconds: float) -> _T:
    """The result of `function()`, or what it raises; DeadlineExceeded after that many seconds.

    The call then goes on in its own thread until its sockets give up, and its result is lost.
    """
    future: Future[_T] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except Exception as error:  # noqa: BLE001 (raised again in the waiting thread)
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return future.result(timeout=max(0.0, seconds))
    except TimeoutError:
        if future.done():
            raise
        raise DeadlineExceeded(f"no answer within {seconds:.0f} s") from None
