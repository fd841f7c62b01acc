"""One warm invocation against a stand-in that answers after a while: events per second, and the share of the ideal."""

from __future__ import annotations

import math
from typing import Any

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import Figure, Target

# The payload's default of requests at once.
CONCURRENT = 16
SIZES = (1, 10, 100, 1000)
LATENCIES = (20, 100, 500)
# So long is a cell repeated, at most so often.
SECONDS, TIMES = 3.0, 11
TARGETED = (100, 1000)
TARGET = Target(95, least=True)


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """The ideal: as many rounds of `CONCURRENT` requests as the events need, each as long as the answer takes.

    An answer takes what was asked for and by how much the stand-in was late, which is not the payload's fault.
    """
    sizes = SIZES[:-1] if bench.quick else SIZES
    events = {size: bench.file(lambda_events.payload(size)) for size in sizes}
    warm_up = bench.file(lambda_events.payload(4 * CONCURRENT))
    results: dict[str, list[Figure]] = {payload.name: [] for payload in bench.payloads}
    for latency in LATENCIES:
        for payload in bench.payloads:
            bench.report(f"one invocation, answers after {latency} ms, {payload.name}")
            asked = [
                {"event": events[size], "times": max(1, min(TIMES, int(SECONDS / _ideal(size, latency))))}
                for size in sizes
            ]
            before = bench.stand_in.state()
            walls, _ = bench.run(
                "invocations",
                payload,
                {"warm_up": warm_up, "events": asked},
                DD_API_URL=f"{bench.stand_in.https}/{latency}",
                MAX_CONCURRENT_REQUESTS=str(CONCURRENT),
            )
            after = bench.stand_in.state()
            late, share = _stand_in(before, after)
            results[payload.name] += _figures(latency, late, dict(zip(sizes, walls, strict=True)))
            name = f"the stand-in at {latency} ms"
            results[payload.name].append(Figure(name=name, unit="% of a core", values=[share]))
            results[payload.name].append(Figure(name=name, unit="ms late", values=[late]))
    return results


def _ideal(size: int, latency: float) -> float:
    return math.ceil(size / CONCURRENT) * latency / 1000


def _figures(latency: int, late: float, found: dict[int, list[dict[str, float]]]) -> list[Figure]:
    figures = []
    for size, runs in found.items():
        walls = [run["wall"] for run in runs]
        name = f"{size:,} event{'s' if size > 1 else ''} at {latency} ms"
        target = TARGET if (latency, size) == TARGETED else None
        shares = [100 * _ideal(size, latency + late) / wall for wall in walls]
        figures += [
            Figure(name=name, unit="% of the ideal", values=shares, least=False, comparable=True, target=target),
            Figure(name=name, unit="events/s", values=[size / wall for wall in walls], least=False),
        ]
    return figures


def _stand_in(before: dict[str, Any], after: dict[str, Any]) -> tuple[float, float]:
    """By how many milliseconds its answers were late on average, and its own part of a core in percent."""
    count = sum(after["requests"].values()) - sum(before["requests"].values())
    late = 1000 * (after["late"] - before["late"]) / count
    return late, 100 * (after["cpu"] - before["cpu"]) / (after["now"] - before["now"])
