"""What goes wrong: functions from a request to an outcome, or to None where the request is served as usual."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from tools.fake_datadog.intake import Answer, Request

# From what serves the request as usual to the answer; None cuts the connection.
Outcome = Callable[[Callable[[], Answer]], "Answer | None"]
Fault = Callable[[Request], "Outcome | None"]


def respond(status: int, body: Any = "", headers: Mapping[str, str] | None = None, *, after: float = 0) -> Outcome:
    """Answer with this, after so many seconds; the request is not accepted."""

    def answer(_: object) -> Answer:
        time.sleep(after)
        return Answer(status, body, headers or {})

    return answer


def delay(seconds: float) -> Outcome:
    """Accept the request and answer as usual, but late."""

    def late(serve: Callable[[], Answer]) -> Answer:
        time.sleep(seconds)
        return serve()

    return late


def when(condition: Callable[[Request], bool], outcome: Outcome) -> Fault:
    return lambda request: outcome if condition(request) else None


def always(outcome: Outcome) -> Fault:
    return when(lambda _: True, outcome)
