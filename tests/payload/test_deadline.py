"""A wait ends in time."""

from __future__ import annotations

import time
from threading import Event

import pytest

from deep_security_datadog.deadline import DeadlineExceeded, run


def test_the_result() -> None:
    assert run(lambda: 3, seconds=5) == 3


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("its own")])
def test_what_it_raises_is_raised(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        run(fail, seconds=5)


@pytest.mark.parametrize("seconds", [0.1, 0.0, -1.0])
def test_what_hangs_is_left_in_time(seconds: float) -> None:
    release, started = Event(), time.monotonic()
    with pytest.raises(DeadlineExceeded, match="no answer within"):
        run(lambda: release.wait(60), seconds=seconds)
    assert time.monotonic() - started < 30
    release.set()
