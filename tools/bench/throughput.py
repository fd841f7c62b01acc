"""One warm invocation against a stand-in that answers after a while: events per second, and the share of the ideal."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import Figure, Target

# The payload's default of requests at once.
CONCURRENT = 16
SIZES = (1, 10, 100, 1000)
LATENCIES = (20, 100, 500)
# Processes for each latency. So long is a cell repeated in each, at most so often; one that takes half a minute is
# measured in the first only.
ROUNDS = 3
SECONDS, TIMES, LONG = 5.0, 6, 10.0
TARGETED = (100, 1000)
TARGET = Target(95, least=True)


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """The ideal: as many rounds of `CONCURRENT` requests as the events need, each as long as the answer takes.

    An answer takes what was asked for and by how much the stand-in was late, which is not the payload's fault.
    """
    sizes = SIZES[:-1] if bench.quick else SIZES
    files = {size: bench.file(lambda_events.payload(size)) for size in sizes}
    warm_up = bench.file(lambda_events.payload(4 * CONCURRENT))
    runs: dict[str, dict[Any, list[dict[str, float]]]] = {payload.name: {} for payload in bench.payloads}
    for number in range(bench.rounds(ROUNDS)):
        for latency in LATENCIES:
            asked = [size for size in sizes if number == 0 or _ideal(size, latency) < LONG]
            options = {
                "warm_up": warm_up,
                "events": [files[size] for size in asked],
                "times": [max(1, min(TIMES, int(SECONDS / _ideal(size, latency)))) for size in asked],
                "state": bench.stand_in.http.removeprefix("http://"),
            }
            for payload in bench.payloads:
                bench.report(f"one invocation, answers after {latency} ms, process {number + 1}, {payload.name}")
                before = bench.stand_in.state()
                found, _ = bench.run(
                    "invocations",
                    payload,
                    options,
                    DD_API_URL=f"{bench.stand_in.https}/{latency}",
                    MAX_CONCURRENT_REQUESTS=str(CONCURRENT),
                )
                after = bench.stand_in.state()
                for size, cell in zip(asked, found, strict=True):
                    runs[payload.name].setdefault((latency, size), []).extend(cell)
                own = {"cpu": after["cpu"] - before["cpu"], "wall": after["now"] - before["now"]}
                runs[payload.name].setdefault(latency, []).append(own)
    return {
        name: [
            figure
            for latency in LATENCIES
            for figure in (
                *(figure for size in sizes for figure in _cell(latency, size, found[latency, size])),
                *_stand_in(latency, found[latency], [run for size in sizes for run in found[latency, size]]),
            )
        ]
        for name, found in runs.items()
    }


def _ideal(size: int, latency: float) -> float:
    return math.ceil(size / CONCURRENT) * latency / 1000


def _cell(latency: int, size: int, runs: Sequence[dict[str, float]]) -> list[Figure]:
    """The best counts: what others do on the machine can only lengthen a wait."""
    name = f"{size:,} event{'s' if size > 1 else ''} at {latency} ms"
    target = TARGET if (latency, size) == TARGETED else None
    shares = [100 * _ideal(size, latency + 1000 * run["late"]) / run["wall"] for run in runs]
    return [
        Figure(name=name, unit="% of the ideal", values=shares, pick=max, comparable=True, target=target),
        Figure(name=name, unit="events/s", values=[size / run["wall"] for run in runs], pick=max),
    ]


def _stand_in(latency: int, own: Sequence[dict[str, float]], runs: Sequence[dict[str, float]]) -> list[Figure]:
    name = f"the stand-in at {latency} ms"
    shares = [100 * run["cpu"] / run["wall"] for run in own]
    return [
        Figure(name=name, unit="% of a core", values=shares, pick=statistics.median),
        Figure(name=name, unit="ms late", values=[1000 * run["late"] for run in runs], pick=statistics.median),
    ]
