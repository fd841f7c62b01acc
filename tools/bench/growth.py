"""One execution environment from 100 to 100,000 events: nothing may grow with their number."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import Figure, Target, beside
from tools.bench.inside.yardstick import NAME as YARDSTICK

# Some twenty invocations lie before the second mark.
SIZE = 50
MARKS = (100, 1_000, 10_000, 100_000)
# The last mark against the second; what lies before the first is too little to tell.
FLAT = Target(1.1)


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """Invocations of `SIZE` events each, all of them new, answered at once: it is the CPU that is measured."""
    text = bench.file(lambda_events.payload(SIZE))
    warm_up = bench.file(lambda_events.payload(64))
    results = {}
    for payload in bench.payloads:
        marks = MARKS[:-1] if bench.quick else MARKS
        bench.report(f"{marks[-1]:,} events in one environment, {payload.name}")
        options = {
            "event": text,
            "warm_up": warm_up,
            "token": lambda_events.PLACEHOLDER,
            "size": SIZE,
            "marks": marks,
            "state": bench.stand_in.http.removeprefix("http://"),
        }
        found, _ = bench.run("growth", payload, options)
        results[payload.name] = _figures(marks, found)
    return results


def _figures(marks: Sequence[int], found: Sequence[dict[str, Any]]) -> list[Figure]:
    figures = []
    for mark, step in zip(marks, found, strict=True):
        name = f"to {mark:,} events"
        count = step["events"]
        figures += [
            Figure(name=name, unit="ms CPU per event", values=[1000 * step["cpu"] / count]),
            Figure(name=name, unit="ms per event", values=[1000 * step["wall"] / count]),
            Figure(name=name, unit="MB", values=[step["memory"] / 1e6]),
            Figure(name=name, unit="requests per event", values=[step["requests"] / count], comparable=True),
            Figure(name=name, unit="connections opened", values=[step["connections"]], comparable=True),
        ]
    first, last = found[1], found[-1]
    figures += [
        _flat("time per event, last : second", _time(last), _time(first)),
        _flat("memory, last : second", last["memory"], first["memory"]),
        Figure(
            name="the stand-in's own",
            unit="% of a core",
            values=[100 * last["stand_in_cpu"] / last["stand_in_wall"]],
        ),
    ]
    return figures


def _time(step: dict[str, Any]) -> float:
    """CPU of an invocation by that of the yardstick beside it: minutes lie between the marks."""
    return statistics.median(beside(step["chunks"], YARDSTICK)["invocation"])


def _flat(name: str, last: float, first: float) -> Figure:
    return Figure(name=name, unit="ratio", values=[last / first], target=FLAT, comparable=True)
