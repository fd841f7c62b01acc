"""Measures one thing in a fresh process that holds the payload and nothing else; prints figures as a line of JSON.

python measured.py cpu|importing|memory|throughput BATCHES.json LATENCY URL
"""

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

HEADERS = {"DD-API-KEY": "0123456789abcdef0123456789abcdef", "Content-Type": "application/json"}

Figures = dict[str, float]
Invoke = Callable[[Any], None]


def cpu(batches: list[Any], _latency: int, url: str) -> Figures:
    """An event all in against bare requests of the same bodies."""
    requests = import_module("requests")
    if hasattr(os, "sched_setaffinity"):
        # Lambda gives less than one core at the default memory size.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    invoke = _handler()
    for batch in batches[:2]:
        invoke(batch)
    connection, target = HTTPConnection(urlsplit(url).netloc, timeout=10), f"{url}/api/v1/events"
    connection.request("GET", "/fake")
    received = json.load(connection.getresponse())["events"][1:]
    count = _count(batches[1])
    if len(received) != count:
        # What is dropped costs nothing.
        sys.exit(f"the payload sent {len(received)} of {count} events")
    bodies = [json.dumps(event).encode() for event in received]

    def posts() -> None:
        for body in bodies:
            requests.post(target, data=body, headers=HEADERS, timeout=10)

    def plain_posts() -> None:
        for body in bodies:
            connection.request("POST", "/api/v1/events", body, HEADERS)
            connection.getresponse().read()

    posts()
    found: list[tuple[float, ...]] = []
    # In turn, because a shared machine changes its speed all the time.
    for batch in batches[2:]:
        payload, post, plain = _cpu(partial(invoke, batch)), _cpu(posts), _cpu(plain_posts)
        found.append((payload / post, payload / plain, 1000 * payload / count))
    figures = ("CPU of an event / requests.post", "CPU of an event / http.client", "CPU of an event (ms)")
    return {figure: statistics.median(values) for figure, values in zip(figures, zip(*found, strict=True), strict=True)}


def importing(_batches: list[Any], _latency: int, _url: str) -> Figures:
    """The payload's modules beside those of requests, which it needs."""
    requests = _cpu(partial(import_module, "requests"))
    handler = requests + _cpu(_handler)
    return {"import / import of requests": handler / requests, "import, compiling as on Lambda (ms)": 1000 * handler}


def memory(batches: list[Any], _latency: int, _url: str) -> Figures:
    _handler()(batches[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak memory, 10 messages of 256 KB (MB)": peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)}


def throughput(batches: list[Any], latency: int, _url: str) -> Figures:
    """A warm invocation; the ideal is 16 requests at once, all the time."""
    invoke = _handler()
    invoke(batches[0])
    start = time.perf_counter()
    invoke(batches[1])
    rate = _count(batches[1]) / (time.perf_counter() - start)
    return {f"events/s / ideal, answers after {latency} ms": rate / (16_000 / latency)}


def _handler() -> Invoke:
    handler = import_module("deep_security_datadog.handler").lambda_handler
    # The time limit is not what is measured.
    context = SimpleNamespace(aws_request_id="bench", get_remaining_time_in_millis=lambda: 900_000)

    def invoke(batch: Any) -> None:
        answer = handler(batch, context)
        if answer != {"batchItemFailures": []}:
            sys.exit(f"the payload did not deliver everything: {answer}")

    return invoke


def _count(batch: Any) -> int:
    return sum(len(json.loads(json.loads(record["body"])["Message"])) for record in batch["Records"])


def _cpu(work: Callable[[], object]) -> float:
    """CPU seconds of all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    work, file, latency, url = sys.argv[1:]
    works = {"cpu": cpu, "importing": importing, "memory": memory, "throughput": throughput}
    print(json.dumps(works[work](json.loads(Path(file).read_text(encoding="utf-8")), int(latency), url)))
