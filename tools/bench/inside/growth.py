"""One execution environment for many invocations of ever new events: CPU, wall time and memory between marks."""

from __future__ import annotations

import json
import time
from pathlib import Path

from deep_security_datadog import handler
from tools.bench.inside import common, yardstick

SAMPLES = 100
PROGRESS_SECONDS = 5.0


def main() -> None:
    """Marks are numbers of events; each answer holds what lies between the mark before and this one."""
    options = common.options()
    text = Path(options["event"]).read_text(encoding="utf-8")
    token, size = options["token"], options["size"]
    handler.lambda_handler(common.load(options["warm_up"]), common.Context())
    done, results, told = 0, [], time.monotonic()
    before = common.state(options["state"])
    for mark in options["marks"]:
        invocations = (mark - done) // size
        walls, cpus, chunks = 0.0, 0.0, []
        for number in range(invocations):
            done += size
            payload = json.loads(text.replace(token, f"{token[:-7]}{done:07}"))
            # The yardstick beside some of them only: it takes a fifth of their time.
            sampled = number % max(1, invocations // SAMPLES) == 0
            if sampled:
                chunks.append(yardstick.chunk())
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            answer = handler.lambda_handler(payload, common.Context())
            cpu = time.process_time() - cpu_start
            walls, cpus = walls + time.perf_counter() - wall_start, cpus + cpu
            if sampled:
                chunks += [("invocation", cpu), yardstick.chunk()]
            if answer["batchItemFailures"]:
                raise SystemExit("the stand-in did not take everything")
            if time.monotonic() - told > PROGRESS_SECONDS:
                common.progress(f"{done:,} of {options['marks'][-1]:,} events")
                told = time.monotonic()
        state = common.state(options["state"])
        results.append(
            {
                "events": invocations * size,
                "wall": walls,
                "cpu": cpus,
                "chunks": chunks,
                "memory": common.memory("VmRSS"),
                "requests": sum(state["requests"].values()) - sum(before["requests"].values()),
                "connections": state["connections"] - before["connections"],
                "stand_in_cpu": state["cpu"] - before["cpu"],
                "stand_in_wall": state["now"] - before["now"],
            }
        )
        before = state
    common.answer(results)


if __name__ == "__main__":
    main()
