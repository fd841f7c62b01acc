"""The benchmark's own parts: what is measured is worth as much as they are."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tools.bench import certificate, lambda_events, stand_in
from tools.bench.figures import Figure, Target, number, ratio
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


def test_a_full_message_is_as_large_as_sns_takes() -> None:
    record, *_ = lambda_events.full_payload(1, MAX_MESSAGE_BYTES)["Records"]
    size = len(json.loads(record["body"])["Message"].encode())
    assert 0.97 * MAX_MESSAGE_BYTES < size <= MAX_MESSAGE_BYTES


def test_ratios_are_of_measures_made_side_by_side() -> None:
    base = Figure(name="base", unit="s", values=[1.0, 2.0, 4.0])
    # The machine was half as fast in each next round: the ratio does not care.
    slower = Figure(name="slower", unit="s", values=[2.5, 6.0, 12.0], relative_to="base")
    assert ratio(slower, [base, slower]) == 3.0
    assert ratio(Figure(name="alone", unit="s", values=[1.0]), [base]) is None
    assert ratio(Figure(name="share", unit="%", values=[90.0], comparable=True), []) == 90.0


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
    assert text.count("from tools") == text.count("from tools.bench.inside import common")
