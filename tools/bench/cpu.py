"""CPU time per event, split into its stages, beside plainer ways to make the same requests."""

from __future__ import annotations

import sysconfig

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import Figure, Target

EVENTS = 320
# With 16 requests at once the stand-in's answers are 1.25 ms apart: the payload waits, as it does on Lambda.
MILLISECONDS = 20
NAIVE_REQUESTS = 10
ROUNDS = 5
ROUNDS_INSIDE = 2
BASE = "http.client"
REST = "the rest"
STAGES = ("parse", "filter", "render", "HTTP")
TARGETS = {"all in": Target(1.0), "render": Target(0.1)}


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """Fresh processes in turn for each payload; the least of all rounds counts."""
    event = bench.file(lambda_events.payload(EVENTS))
    seconds: dict[str, dict[str, list[float]]] = {payload.name: {} for payload in bench.payloads}
    for number in range(bench.rounds(ROUNDS)):
        for payload in bench.payloads:
            for scheme, address in (("", bench.stand_in.https), (", plain HTTP", bench.stand_in.http)):
                if scheme and number % 3:
                    continue
                bench.report(f"CPU per event{scheme}, round {number + 1}, {payload.name}")
                options = {
                    "event": event,
                    "url": address,
                    "naive": NAIVE_REQUESTS,
                    "rounds": ROUNDS_INSIDE,
                    "packages": sysconfig.get_path("purelib"),
                }
                found, _ = bench.run("cpu", payload, options, DD_API_URL=f"{address}/{MILLISECONDS}")
                for name, values in found.items():
                    seconds[payload.name].setdefault(name + scheme, []).extend(values)
    return {name: _figures(found) for name, found in seconds.items()}


def _figures(seconds: dict[str, list[float]]) -> list[Figure]:
    stages = [min(seconds[name]) for name in STAGES]
    seconds[REST] = [max(0.0, min(seconds["all in"]) - sum(stages))]
    order = ["all in", *STAGES, REST, BASE, "one session, one at a time", "requests.post"]
    order += [f"{name}, plain HTTP" for name in ("all in", "HTTP", BASE, "one session, one at a time", "requests.post")]
    return [
        Figure(
            name=name,
            unit="ms CPU per event",
            values=[value * 1000 for value in seconds[name]],
            target=TARGETS.get(name),
            # The rest is a difference of the others: no measure that could be compared.
            relative_to="" if name == REST else f"{BASE}, plain HTTP" if "plain" in name else BASE,
        )
        for name in order
    ]
