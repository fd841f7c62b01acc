"""A fake Datadog: events v1, logs v2 and key validation, as strict as the real intake is known to be.

Where the real one is lenient and then loses data silently (an unknown alert type, a misspelt property), this one
refuses, because a test should notice. Faults are functions from a request to what happens instead of the usual answer:

    with running() as datadog:
        datadog.faults = [every(3, respond(500)), first(2, reset(after_accepting=True))]

`python -m tools.fake_datadog` serves in a process of its own.
"""

from tools.fake_datadog.faults import Fault, Outcome, always, delay, every, first, reset, respond, when
from tools.fake_datadog.intake import EVENTS, LOGS, VALIDATE, Answer, Request
from tools.fake_datadog.server import API_KEY, STATE, FakeDatadog, apart, running

__all__ = [
    "API_KEY",
    "EVENTS",
    "LOGS",
    "STATE",
    "VALIDATE",
    "Answer",
    "FakeDatadog",
    "Fault",
    "Outcome",
    "Request",
    "always",
    "apart",
    "delay",
    "every",
    "first",
    "reset",
    "respond",
    "running",
    "when",
]
