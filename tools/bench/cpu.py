"""CPU time per event, split into its stages, beside plainer ways to make the same requests."""

from __future__ import annotations

import statistics
import sysconfig
from collections.abc import Sequence

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import NAIVE, Chunks, Figure, Target, beside

# Each of the samples twice.
EVENTS = 44
# One after the other, so that what the payload keeps of the events before is what they have in common.
BATCHES = 33
# With 16 requests at once three times what the CPU needs: the payload waits, as it does on Lambda, however busy the
# machine is. Where both take as long, the busier machine needs the fewer switches of threads.
MILLISECONDS = 50
ROUNDS, ROUNDS_INSIDE = 6, 10
REST = "the rest"
STAGES = ("parse", "filter", "render", "HTTP")
WAYS = ("http.client", "one session, one at a time", "requests.post")
PLAIN = ", plain HTTP"
TARGETS = {"all in": Target(1.0), "render": Target(0.1)}


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """Fresh processes in turn for each payload; in each, short chunks of everything in turn with the yardstick."""
    urls = {"": bench.stand_in.https, PLAIN: bench.stand_in.http}
    options = {
        "events": bench.file(
            [
                lambda_events.payload(EVENTS, first=lambda_events.FIRST + number * EVENTS)
                for number in range(BATCHES)
            ]
        ),
        "addresses": {
            suffix: {"payload": f"{url}/{MILLISECONDS}", "at once": url} for suffix, url in urls.items()
        },
        "base": NAIVE,
        "rounds": bench.rounds(ROUNDS_INSIDE),
        "packages": sysconfig.get_path("purelib"),
    }  # fmt: skip
    found: dict[str, list[Chunks]] = {payload.name: [] for payload in bench.payloads}
    for number in range(bench.rounds(ROUNDS)):
        for payload in bench.payloads:
            bench.report(f"CPU per event, process {number + 1}, {payload.name}")
            found[payload.name].append(bench.run("cpu", payload, options | {"number": number})[0])
    return {name: _figures(processes) for name, processes in found.items()}


def _figures(processes: Sequence[Chunks]) -> list[Figure]:
    order = ["all in", *STAGES, REST, *WAYS, *(name + PLAIN for name in ("all in", "HTTP", *WAYS))]
    ratios = [beside(chunks, NAIVE) for chunks in processes]
    return [
        Figure(
            name=name,
            unit="ms CPU per event",
            values=[1000 * _typical(chunks, name) for chunks in processes],
            pick=statistics.median if name == REST else min,
            target=TARGETS.get(name),
            # The rest is a difference of the others: no measure that could be compared.
            relative_to="" if name == REST else NAIVE,
            ratios=[statistics.median(found[name]) for found in ratios if name in found],
        )
        for name in order
    ]


def _typical(chunks: Chunks, name: str) -> float:
    """Seconds in this process."""
    if name == REST:
        return max(0.0, _typical(chunks, "all in") - sum(_typical(chunks, stage) for stage in STAGES))
    return statistics.median(seconds for measured, seconds in chunks if measured == name)
