"""The benchmark's own parts: what is measured is worth as much as they are."""

from __future__ import annotations

import gzip
import json
import random
import re
import statistics
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tools.bench import certificate, lambda_events, stand_in
from tools.bench.figures import NAIVE, Figure, Target, beside, number
from tools.samples import MAX_MESSAGE_BYTES


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stand_in.StandIn]:
    server, _ = certificate.write(tmp_path_factory.mktemp("certificate"))
    with stand_in.running(server) as datadog:
        yield datadog


def _post(datadog: stand_in.StandIn, path: str, *bodies: bytes) -> list[int]:
    connection = HTTPConnection(datadog.http.removeprefix("http://"), timeout=10)
    statuses = []
    for body in bodies:
        connection.request("POST", path, body)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    return statuses


def test_the_stand_in_counts_requests_connections_and_bytes(running: stand_in.StandIn) -> None:
    before = running.state()
    logs = b"x" * 10_000
    assert _post(running, "/api/v1/events", b"a" * 70_000, b"b") == [202, 202]
    assert _post(running, "/api/v2/logs", gzip.compress(logs)) == [202]
    after = running.state()
    assert after["requests"] == {"/api/v1/events": 2, "/api/v2/logs": 1}
    assert after["received"]["/api/v1/events"] == 70_001
    assert after["unpacked"] - before["unpacked"] == len(logs)
    assert after["connections"] - before["connections"] == 2


def test_the_stand_in_answers_as_late_as_asked(running: stand_in.StandIn) -> None:
    start = time.monotonic()
    _post(running, "/150/api/v1/events", b"{}")
    assert time.monotonic() - start >= 0.15


@pytest.mark.parametrize("count", [1, 7, 100])
def test_a_batch_holds_as_many_events_as_asked_for(count: int) -> None:
    records = lambda_events.payload(count)["Records"]
    events = [event for record in records for event in json.loads(json.loads(record["body"])["Message"])]
    assert len(events) == len({event["EventID"] for event in events}) == count
    assert len(records) == min(10, count)


def test_events_that_follow_each_other_are_others() -> None:
    texts = [json.dumps(lambda_events.payload(22, first=first)) for first in (1_000_001, 1_000_023)]
    numbers = [set(re.findall(r"EventID[^0-9]+(\d+)", text)) for text in texts]
    assert len(numbers[0]) == 22 and not numbers[0] & numbers[1]


def test_a_full_message_is_as_large_as_sns_takes() -> None:
    record, *_ = lambda_events.full_payload(1, MAX_MESSAGE_BYTES)["Records"]
    size = len(json.loads(record["body"])["Message"].encode())
    assert 0.97 * MAX_MESSAGE_BYTES < size <= MAX_MESSAGE_BYTES


def _restless(factor: float, *, seed: int) -> list[tuple[str, float]]:
    """What a process measures on a machine that others use: speed changes by the half second, single chunks are cut.

    factor: how much longer than the yardstick the stage takes.
    """
    chance = random.Random(seed)
    clock, chunks = 0.0, []
    for name in ["base", "stage"] * 40 + ["base"]:
        speed = 1 + 0.8 * (int(clock * 2 + seed) % 2) + chance.uniform(0, 0.05)
        seconds = 0.015 * (factor if name == "stage" else 1) * speed * (3 if chance.random() < 0.05 else 1)
        clock += seconds
        chunks.append((name, seconds))
    return chunks


def _measured(factor: float, *, seed: int) -> float | None:
    processes = [_restless(factor, seed=seed * 10 + number) for number in range(5)]
    ratios = [statistics.median(beside(chunks, "base")["stage"]) for chunks in processes]
    return Figure(name="stage", unit="s", values=[1.0], relative_to="base", ratios=ratios).ratio


@pytest.mark.parametrize("seed", range(10))
def test_a_restless_machine_does_not_change_a_ratio_and_a_slower_payload_does(seed: int) -> None:
    assert _measured(2.0, seed=seed) == pytest.approx(2.0, rel=0.05)
    assert _measured(2.0 * 1.2, seed=seed) == pytest.approx(2.4, rel=0.05)


def test_a_chunk_is_compared_with_the_yardsticks_beside_it() -> None:
    chunks = [("a", 1.0), ("base", 1.0), ("b", 6.0), ("base", 2.0), ("b", 4.0), ("base", 2.0)]
    assert beside(chunks, "base") == {"a": [1.0], "b": [4.0, 2.0]}


def test_what_is_a_ratio_by_itself_needs_no_yardstick() -> None:
    assert Figure(name="alone", unit="s", values=[1.0]).ratio is None
    assert Figure(name="share", unit="%", values=[90.0, 80.0], pick=max, comparable=True).ratio == 90.0


def test_a_target_in_milliseconds_is_one_in_units_of_the_yardstick() -> None:
    figure = Figure(name="all in", unit="ms", values=[1.0], target=Target(0.9), relative_to=NAIVE, ratios=[1.0])
    assert figure.ratio_target == Target(1.0)
    assert Figure(name="peak", unit="MB", values=[1.0], target=Target(100), relative_to="other").ratio_target is None


def test_targets() -> None:
    assert Target(1.0).met(1.0) and not Target(1.0).met(1.1)
    assert Target(95, least=True).met(95) and not Target(95, least=True).met(94.9)
    assert str(Target(95, least=True)) == "≥ 95"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.01234, "0.0123"), (12.34, "12.3"), (1234.5, "1,234"), (100_000, "100,000")]
)
def test_numbers_have_three_digits_that_count(value: float, shown: str) -> None:
    assert number(value) == shown


def test_nothing_but_the_payload_is_imported_in_the_measured_process() -> None:
    folder = Path(stand_in.__file__).parent / "inside"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    assert "from tools.bench.inside import common" in text
    assert text.count("from tools") == text.count("from tools.bench.inside import ")
