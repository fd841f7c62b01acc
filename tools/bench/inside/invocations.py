"""Wall and CPU seconds of warm invocations, a list per Lambda event."""

from __future__ import annotations

import gc
import time
from typing import Any

from deep_security_datadog import handler
from tools.bench.inside import common


def main() -> None:
    """A first invocation opens the connections and reads the key; it does not count."""
    options = common.options()
    _timed(common.load(options["warm_up"]))
    results = []
    for measure in options["events"]:
        payload = common.load(measure["event"])
        results.append([_timed(payload) for _ in range(measure["times"])])
    common.answer(results)


def _timed(payload: Any) -> dict[str, float]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    answer = handler.lambda_handler(payload, common.Context())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if answer["batchItemFailures"]:
        raise SystemExit("the stand-in did not take everything")
    return {"wall": wall, "cpu": cpu}


if __name__ == "__main__":
    main()
