"""Faults of the fake Datadog that only tests need; tools/fake_datadog/faults.py has the others."""

import itertools
from collections.abc import Callable

from tools.fake_datadog.faults import Fault, Outcome, when
from tools.fake_datadog.intake import Answer


def reset(*, after_accepting: bool = False) -> Outcome:
    """Cut the connection with a TCP reset."""

    def cut(serve: Callable[[], Answer]) -> None:
        if after_accepting:
            serve()

    return cut


def every(nth: int, outcome: Outcome) -> Fault:
    """The nth request, the 2nth and so on."""
    numbers = itertools.count(1)
    return when(lambda _: next(numbers) % nth == 0, outcome)


def first(count: int, outcome: Outcome) -> Fault:
    numbers = itertools.count(1)
    return when(lambda _: next(numbers) <= count, outcome)
