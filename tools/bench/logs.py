"""The destination logs: batches instead of single events, compressed."""

from __future__ import annotations

import statistics

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import Figure

EVENTS, MILLISECONDS, TIMES, ROUNDS = 1000, 100, 5, 3
PATH = "/api/v2/logs"


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """A thousand events in one invocation, answered after 100 ms."""
    event = bench.file(lambda_events.payload(EVENTS))
    warm_up = bench.file(lambda_events.payload(10))
    found: dict[str, list[dict[str, float]]] = {payload.name: [] for payload in bench.payloads}
    sent: dict[str, dict[str, float]] = {}
    for number in range(bench.rounds(ROUNDS)):
        for payload in bench.payloads:
            bench.report(f"logs, round {number + 1}, {payload.name}")
            before = bench.stand_in.state()
            asked = {
                "warm_up": warm_up,
                "events": [event],
                "times": [TIMES],
                "state": bench.stand_in.http.removeprefix("http://"),
            }
            runs, _ = bench.run(
                "invocations", payload, asked, DESTINATIONS="logs", DD_LOGS_URL=f"{bench.stand_in.https}/{MILLISECONDS}"
            )
            after = bench.stand_in.state()
            found[payload.name] += runs[0]
            # The warm-up is a request too.
            sent[payload.name] = {
                "requests": (after["requests"][PATH] - before["requests"].get(PATH, 0) - 1) / TIMES,
                "bytes": after["received"][PATH] - before["received"].get(PATH, 0),
                "unpacked": after["unpacked"] - before["unpacked"],
            }
    return {name: _figures(runs, sent[name]) for name, runs in found.items()}


def _figures(runs: list[dict[str, float]], sent: dict[str, float]) -> list[Figure]:
    events = TIMES * EVENTS + 10
    return [
        Figure(name="logs", unit="events/s", values=[EVENTS / run["wall"] for run in runs], pick=statistics.median),
        Figure(name="logs", unit="ms CPU per event", values=[1000 * run["cpu"] / EVENTS for run in runs]),
        Figure(
            name="requests per thousand events",
            unit="requests",
            values=[sent["requests"] * 1000 / EVENTS],
            comparable=True,
        ),
        Figure(name="sent per event before gzip", unit="bytes", values=[sent["unpacked"] / events], comparable=True),
        Figure(name="sent per event after gzip", unit="bytes", values=[sent["bytes"] / events], comparable=True),
    ]
