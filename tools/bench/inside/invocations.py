"""Wall and CPU seconds of warm invocations in turn, a list per Lambda event."""

from __future__ import annotations

import gc
import time
from typing import Any

from deep_security_datadog import handler
from tools.bench.inside import common


def main() -> None:
    """A first invocation opens the connections and reads the key; it does not count."""
    options = common.options()
    payloads = [common.load(path) for path in options["events"]]
    _timed(common.load(options["warm_up"]), options["state"])
    results: list[list[dict[str, float]]] = [[] for _ in payloads]
    for turn in range(max(options["times"])):
        for place, payload in enumerate(payloads):
            if turn < options["times"][place]:
                results[place].append(_timed(payload, options["state"]))
                common.progress(f"invocation {turn + 1} of the batch {place + 1}")
    common.answer(results)


def _timed(payload: Any, address: str) -> dict[str, float]:
    """late: by how many seconds the stand-in answered too late, on average."""
    gc.collect()
    before = common.state(address)
    wall, cpu = time.perf_counter(), time.process_time()
    answer = handler.lambda_handler(payload, common.Context())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    after = common.state(address)
    if answer["batchItemFailures"]:
        raise SystemExit("the stand-in did not take everything")
    requests = sum(after["requests"].values()) - sum(before["requests"].values())
    return {"wall": wall, "cpu": cpu, "late": (after["late"] - before["late"]) / requests}


if __name__ == "__main__":
    main()
