"""Measures one thing in a fresh process that holds the payload and nothing else; prints figures as JSON in a last line.

    python measured.py cpu|memory|throughput LATENCY BATCHES.json URL

LATENCY: milliseconds, of the fake Datadog at URL. BATCHES.json: an array of SQS batches.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from deep_security_datadog.handler import lambda_handler

HEADERS = {"DD-API-KEY": "0" * 32, "Content-Type": "application/json"}
# The time limit is not what is measured.
CONTEXT = SimpleNamespace(aws_request_id="bench", get_remaining_time_in_millis=lambda: 900_000)


def cpu(batches: list[Any], url: str, _latency: int) -> dict[str, float]:
    """An event all in, and its ratios to the baselines."""
    import requests  # noqa: PLC0415 - the payload's own; memory is measured without what the payload does not import

    if hasattr(os, "sched_setaffinity"):
        # Lambda gives less than one core at the default memory size.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    first = _cpu(partial(_warm_up, batches[0], url))
    bodies = _warm_up(batches[1], url)
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)

    def posts() -> None:
        for path, body in bodies:
            requests.post(url + path, data=body, headers=HEADERS, timeout=10)

    def plain_posts() -> None:
        for path, body in bodies:
            connection.request("POST", path, body, HEADERS)
            connection.getresponse().read()

    posts()
    # A shared machine changes its speed all the time, so each chunk stands between two chunks of the baseline.
    chunks: list[list[float]] = []
    before = _cpu(posts)
    for batch in batches[2:]:
        payload, between, plain, after = _cpu(partial(_invoke, batch)), _cpu(posts), _cpu(plain_posts), _cpu(posts)
        chunks.append([payload / len(bodies), 2 * payload / (before + between), 2 * plain / (between + after)])
        before = after
    event, of_post, plain_of_post = (statistics.median(column) for column in zip(*chunks, strict=True))
    return {
        "CPU of an event / requests.post": of_post,
        "CPU of an event / http.client": of_post / plain_of_post,
        "CPU of an event (ms)": 1000 * event,
        "CPU of the first event, which reads the key (ms)": 1000 * first,
    }


def memory(batches: list[Any], _url: str, _latency: int) -> dict[str, float]:
    _invoke(batches[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak memory, 10 messages of 256 KB (MB)": peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)}


def throughput(batches: list[Any], url: str, latency: int) -> dict[str, float]:
    """A warm invocation; the ideal is 16 requests at once, all the time."""
    _warm_up(batches[0], url)
    start = time.perf_counter()
    _invoke(batches[1])
    rate = _count(batches[1]) / (time.perf_counter() - start)
    return {f"events/s / ideal, answers after {latency} ms": rate / (16_000 / latency)}


def _invoke(batch: Any) -> None:
    answer = lambda_handler(batch, CONTEXT)
    if answer != {"batchItemFailures": []}:
        sys.exit(f"the payload did not deliver everything: {answer}")


def _warm_up(batch: Any, url: str) -> list[tuple[str, bytes]]:
    """The path and body of each request; there must be one per event, for what is dropped costs nothing."""
    _received(url)
    _invoke(batch)
    found = _received(url)
    if len(found) != _count(batch):
        sys.exit(f"the payload made {len(found)} requests for {_count(batch)} events")
    return [(path, body.encode("latin-1")) for path, body in found]


def _received(url: str) -> list[tuple[str, str]]:
    """What the fake got since this was last asked."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/")
    return [(path, body) for path, body in json.load(connection.getresponse())]


def _count(batch: Any) -> int:
    return sum(len(json.loads(json.loads(record["body"])["Message"])) for record in batch["Records"])


def _cpu(work: Callable[[], object]) -> float:
    """CPU seconds of all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    subject, latency, file, url = sys.argv[1:]
    batches = json.loads(Path(file).read_text(encoding="utf-8"))
    print(json.dumps({"cpu": cpu, "memory": memory, "throughput": throughput}[subject](batches, url, int(latency))))
