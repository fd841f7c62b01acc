"""What goes wrong: functions from a request to an outcome, or to None where the request is served as usual."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.fake_datadog.intake import Answer, Request


@dataclass(frozen=True)
class Outcome:
    """What a fault does: wait, accept the request or not, then answer, or cut the connection (`answer` None)."""

    answer: Answer | None = None
    delay: float = 0
    accept: bool = False
    answer_as_usual: bool = False


Fault = Callable[[Request], "Outcome | None"]


def respond(status: int, body: Any = "", headers: Mapping[str, str] | None = None) -> Outcome:
    """Answer with this; the request is not accepted."""
    return Outcome(Answer(status, body, headers or {}))


def reset(*, after_accepting: bool = False) -> Outcome:
    """Cut the connection with a TCP reset."""
    return Outcome(accept=after_accepting)


def delay(seconds: float) -> Outcome:
    """Accept the request and answer as usual, but late."""
    return Outcome(delay=seconds, accept=True, answer_as_usual=True)


def always(outcome: Outcome) -> Fault:
    return lambda _: outcome


def when(condition: Callable[[Request], bool], outcome: Outcome) -> Fault:
    return lambda request: outcome if condition(request) else None


def every(nth: int, outcome: Outcome) -> Fault:
    """The nth request, the 2nth and so on."""
    return _counted(lambda number: number % nth == 0, outcome)


def first(count: int, outcome: Outcome) -> Fault:
    return _counted(lambda number: number <= count, outcome)


def _counted(condition: Callable[[int], bool], outcome: Outcome) -> Fault:
    numbers, lock = itertools.count(1), threading.Lock()

    def fault(_: Request) -> Outcome | None:
        with lock:
            number = next(numbers)
        return outcome if condition(number) else None

    return fault
