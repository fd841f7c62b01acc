"""The highest memory of a fresh environment that is handed the largest batches."""

from __future__ import annotations

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import Figure, Target

# What SNS takes at most, and what SQS takes at most since 2025.
SNS_MESSAGE, SQS_MESSAGE = 262_144, 1_048_576
ROUNDS = 3
TARGET = Target(100)
BASE = "bare interpreter"
CASES = {
    "10 messages of 256 KiB": (10, SNS_MESSAGE, "events"),
    "1 message of 1 MiB": (1, SQS_MESSAGE, "events"),
    "10 messages of 256 KiB, events and logs": (10, SNS_MESSAGE, "events,logs"),
}


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """Each case in a process of its own, the key from Secrets Manager included."""
    results: dict[str, list[Figure]] = {}
    events = {name: bench.file(lambda_events.full_payload(*case[:2])) for name, case in CASES.items()}
    found: dict[str, dict[str, list[float]]] = {payload.name: {} for payload in bench.payloads}
    for number in range(bench.rounds(ROUNDS)):
        for payload in bench.payloads:
            bench.report(f"memory, round {number + 1}, {payload.name}")
            for name, (_, _, destinations) in CASES.items():
                answer, _ = bench.run("memory", payload, {"event": events[name]}, DESTINATIONS=destinations)
                for key, value in ((BASE, "bare"), ("after the import", "imported"), (name, "peak")):
                    found[payload.name].setdefault(key, []).append(answer[value] / 1e6)
    for payload in bench.payloads:
        results[payload.name] = [
            Figure(
                name=name,
                unit="MB",
                values=values,
                target=TARGET if name in CASES else None,
                relative_to="" if name == BASE else BASE,
                # The bare interpreter is looked at in each process, the others in that of their case.
                ratios=[value / min(found[payload.name][BASE]) for value in values if name != BASE],
            )
            for name, values in found[payload.name].items()
        ]
    return results
