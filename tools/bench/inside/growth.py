"""One execution environment for many invocations of ever new events: CPU, wall time and memory between marks."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from deep_security_datadog import handler
from tools.bench.inside import common


def main() -> None:
    """Marks are numbers of events; each answer holds what lies between the mark before and this one."""
    options = common.options()
    text = Path(options["event"]).read_text(encoding="utf-8")
    token, size = options["token"], options["size"]
    handler.lambda_handler(common.load(options["warm_up"]), common.Context())
    done, results = 0, []
    before = _state(options["state"])
    wall = cpu = 0.0
    for mark in options["marks"]:
        start = done
        wall = cpu = 0.0
        while done < mark:
            done += size
            payload = json.loads(text.replace(token, f"{token[:-7]}{done:07}"))
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            answer = handler.lambda_handler(payload, common.Context())
            wall += time.perf_counter() - wall_start
            cpu += time.process_time() - cpu_start
            if answer["batchItemFailures"]:
                raise SystemExit("the stand-in did not take everything")
        state = _state(options["state"])
        results.append(
            {
                "events": done - start,
                "wall": wall,
                "cpu": cpu,
                "memory": common.memory("VmRSS"),
                "requests": sum(state["requests"].values()) - sum(before["requests"].values()),
                "connections": state["connections"] - before["connections"],
                "stand_in_cpu": state["cpu"] - before["cpu"],
                "stand_in_wall": state["now"] - before["now"],
            }
        )
        before = state
    common.answer(results)


def _state(address: str) -> Any:
    connection = HTTPConnection(address, timeout=10)
    connection.request("GET", "/state")
    state = json.loads(connection.getresponse().read())
    connection.close()
    return state


if __name__ == "__main__":
    main()
