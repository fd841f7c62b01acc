"""From publish to the last accepted event: real Terraform, the committed zip, and AWS's emulator."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools import samples
from tools.bench import lambda_events, stand_in
from tools.bench.bench import Bench, BenchError
from tools.bench.figures import Figure
from tools.bench.payloads import WORKING_TREE
from tools.emulator import Emulator, emulator
from tools.repository import ROOT
from tools.terraform import Terraform, copy_modules

EVENTS, MESSAGES = 5000, 200
MILLISECONDS = 100
EXAMPLE = "examples/single-account"
ARRIVE_SECONDS = 240
PATH = "/api/v1/events"


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """A burst; of the committed zip only, whatever it is compared with elsewhere."""
    count, number = (EVENTS // 10, MESSAGES // 10) if bench.quick else (EVENTS, MESSAGES)
    with contextlib.ExitStack() as stack:
        bench.report("the emulator and terraform apply")
        aws = stack.enter_context(emulator())
        # Plain HTTP: the function finds its settings and authorities in its zip and in Terraform's variables.
        datadog = stack.enter_context(stand_in.running(bench.folder / "server.pem", MILLISECONDS))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        variables = {"TF_VAR_datadog_api_key": stand_in.API_KEY, "TF_VAR_datadog_api_url": datadog.http}
        terraform = Terraform(copy_modules(folder) / EXAMPLE, aws.environment() | variables)
        terraform.init()
        terraform.apply()
        topic = terraform.output()["topic_arn"]
        bench.report(f"{count:,} events in {number} messages")
        before = datadog.state()
        published = _publish(bench, aws, topic, count, number)
        after = _arrived(datadog, count)
        aws_log = "" if after["requests"].get(PATH) == count else aws.log()[-2000:]
    if aws_log:
        raise BenchError(f"{after['requests']} of {count} events arrived\n{aws_log}")
    return {WORKING_TREE: _figures(count, published, before, after)}


def _publish(bench: Bench, aws: Emulator, topic: str, count: int, number: int) -> dict[str, float]:
    events = lambda_events.events(count)
    size = count // number
    messages = [samples.encode(events[start : start + size]) for start in range(0, count, size)]
    command = [sys.executable, "-P", "-m", "tools.bench.publisher", bench.file(messages), topic]
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)} | aws.environment()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise BenchError(f"the publisher failed\n{done.stderr[-2000:]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _arrived(datadog: stand_in.StandIn, count: int) -> dict[str, Any]:
    deadline = time.monotonic() + ARRIVE_SECONDS
    while (state := datadog.state())["requests"].get(PATH, 0) < count and time.monotonic() < deadline:
        time.sleep(0.5)
    # Whatever is doubled comes within the time of an invocation; then the count is not equal.
    time.sleep(2)
    return datadog.state() if state["requests"].get(PATH, 0) >= count else state


def _figures(count: int, published: dict[str, float], before: dict[str, Any], after: dict[str, Any]) -> list[Figure]:
    wall = after["last"] - published["began"]
    publishing = published["ended"] - published["began"]
    return [
        Figure(name="publish to the last accepted", unit="s", values=[wall]),
        Figure(name="the whole way", unit="events/s", values=[count / wall]),
        Figure(name="publishing took", unit="s", values=[publishing]),
        Figure(name="requests per event", unit="requests", values=[after["requests"][PATH] / count], comparable=True),
        Figure(name="connections", unit="connections", values=[after["connections"]]),
        Figure(name="the load generator's own", unit="% of a core", values=[100 * published["cpu"] / publishing]),
        Figure(name="the stand-in's own", unit="% of a core", values=[100 * (after["cpu"] - before["cpu"]) / wall]),
    ]
