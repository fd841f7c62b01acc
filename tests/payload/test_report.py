"""What an invocation writes: a line of counts and reasons that is its metrics too, and a line for each refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from deep_security_datadog.aws.bodies import QueueMessage
from deep_security_datadog.aws.delivery import Delivery, Outgoing
from deep_security_datadog.aws.envelope import Entry, Notification, Record
from deep_security_datadog.aws.queues import Settlement
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.report import METRICS, Report

NOW = datetime(2024, 5, 14, 9, 50, tzinfo=UTC)
Written = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """The lines written so far."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def delivery(*answers: Answer, destination: str = "events", message_id: str = "m-1", left: bool = False) -> Delivery:
    """Of a record whose events have these answers, and that may have others that are left."""
    notification = Notification(message_id)
    entries = [Entry("{}", notification, {"Title": "secret"}) for _ in answers]
    entries += [Entry("[]", notification)] if left else []
    found = Delivery(Record("r-1", tuple(entries)), ["events", "logs"])
    for place, answer in enumerate(answers):
        found.answer(place, destination, answer)
    return found


def units(line: dict[str, Any]) -> dict[str, str]:
    """The metrics in a line, each with its unit."""
    (block,) = line["_aws"]["CloudWatchMetrics"]
    assert (block["Namespace"], block["Dimensions"]) == ("DeepSecurityDatadog", [["FunctionName"]])
    assert all(metric["Name"] in line for metric in block["Metrics"])
    return {metric["Name"]: metric["Unit"] for metric in block["Metrics"]}


def test_an_invocation_without_events(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "my-function")
    Report("q-1", "ERROR").close(failed=0)
    (line,) = written()
    assert (line["level"], line["message"], line["request_id"]) == ("INFO", "invocation", "q-1")
    assert (line["FunctionName"], line["records"], line["failed_records"]) == ("my-function", [], 0)
    assert units(line) == dict.fromkeys(METRICS, "Count")
    assert [line[name] for name in METRICS] == [0] * 6


def test_counts_and_reasons(written: Written) -> None:
    report = Report("q", "INFO")
    report.received([Event({})] * 4, NOW)
    report.chosen("events", ["rank_greater_than"], folded=0)
    answered = delivery(
        Answer(Outcome.ACCEPTED, 202, attempts=3),
        Answer(Outcome.RETRY, 503, "HTTP 503", attempts=4),
        Answer(Outcome.RETRY, reason="out of time"),
    )
    report.answered(answered)
    report.settled(answered, Settlement())
    report.close(failed=1)
    (line,) = written()
    counts = {"Received": 4, "Filtered": 1, "FilteredByRankGreaterThan": 1, "Accepted": 1, "Retried": 5, "Waiting": 2}
    assert {name: line[name] for name in units(line)} == {**counts, "Requeued": 0, "Refused": 0}
    assert (line["level"], line["failed_records"], line["attempts"], line["records"]) == (
        "WARNING",
        1,
        7,
        ["m-1"],
    )
    assert line["reasons"] == {
        "events filtered: rank_greater_than": 1,
        "events retry: HTTP 503": 1,
        "events retry: out of time": 1,
    }
    assert report.summary() == (
        "events filtered: rank_greater_than (1); events retry: HTTP 503 (1); events retry: out of time (1)"
    )


def test_several_destinations_are_counted_each_and_together(written: Written) -> None:
    report = Report("q", "INFO", by_destination=True)
    report.chosen("events", ["exclude"], folded=0)
    report.chosen("logs", [], folded=2)
    events = delivery(Answer(Outcome.ACCEPTED, attempts=1), Answer(Outcome.RETRY, attempts=2))
    report.answered(events)
    report.settled(events, Settlement())
    logs = delivery(Answer(Outcome.ACCEPTED, attempts=1), Answer(Outcome.REFUSED, 400), destination="logs")
    report.answered(logs)
    logs.settle([(1, "logs")])
    report.settled(logs, Settlement((Outgoing(None, ((1, "logs"),), "r"),)))
    report.close(failed=0)
    *_, line = written()
    assert {name: line[name] for name in units(line) if line[name]} == {
        "Filtered": 1,
        "EventsFiltered": 1,
        "FilteredByExclude": 1,
        "Folded": 2,
        "LogsFolded": 2,
        "Accepted": 2,
        "EventsAccepted": 1,
        "LogsAccepted": 1,
        "Retried": 1,
        "EventsRetried": 1,
        "Waiting": 1,
        "EventsWaiting": 1,
        "Refused": 1,
        "LogsRefused": 1,
    }


def test_what_the_queues_took(written: Written) -> None:
    report, settled = Report("q", "INFO"), delivery(Answer(Outcome.REFUSED, 400), Answer(Outcome.RETRY))
    settled.settle([(0, "events"), (1, "events")])
    kept, put_back = Outgoing(None, ((0, "events"),), "events: HTTP 400"), Outgoing(None, ((1, "events"),))
    report.settled(settled, Settlement((kept,), (put_back,)))
    report.close(failed=0)
    refusal, line = written()
    assert refusal == {
        "level": "WARNING",
        "message": "refused for good, kept in the dead-letter queue",
        "request_id": "q",
        "record": "m-1",
        "reason": "events: HTTP 400",
    }
    assert (line["Refused"], line["Requeued"], line["Waiting"], line["level"]) == (1, 1, 1, "WARNING")


def test_whatever_waits_is_counted(written: Written) -> None:
    """What was refused and not kept, no event and not kept, left to the next invocation, or not read at all."""
    report, waits = Report("q", "INFO"), delivery(Answer(Outcome.REFUSED, 400), left=True)
    report.settled(waits, Settlement(problem="ServiceUnavailable"))
    report.comes_back(Record("r-2"), "not read", "out of time")
    report.close(failed=2)
    first, second, line = written()
    assert (first["message"], first["reason"]) == (
        "not put into the queue, so the message comes back",
        "ServiceUnavailable",
    )
    assert (second["record"], second["reason"]) == ("r-2", "out of time")
    assert (line["Waiting"], line["reasons"]) == (3, {"not read: out of time": 1})


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 1), ("INFO", 1), ("WARNING", 1), ("ERROR", 0)])
def test_warnings_have_a_level_and_the_invocation_none(written: Written, level: str, lines: int) -> None:
    report = Report("q", level)
    report.warning("something", Record(), reason="x")
    assert len(written()) == lines
    report.close(failed=0)
    assert len(written()) == 1


def test_the_delay_until_delivery(written: Written) -> None:
    report = Report("q", "INFO")
    times = ("2024-05-14T09:49:58.500Z", "2024-05-14T09:50:01Z", None, "no time")
    report.received([Event({"LogDate": time}) for time in times], NOW)
    report.close(failed=0)
    (line,) = written()
    assert line["DeliveryDelay"] == [1.5, 0.0] and units(line)["DeliveryDelay"] == "Seconds"


def test_a_line_has_a_bounded_length(written: Written) -> None:
    """CloudWatch takes 100 values of a metric in a line, and 256 KB a line."""
    report = Report("q", "INFO")
    report.received([Event({"LogDate": "2024-05-14T09:49:58Z"})] * 10_000, NOW)
    for _ in range(1000):
        report.answered(delivery())
    report.close(failed=0)
    (line,) = written()
    assert (line["Received"], len(line["DeliveryDelay"]), len(line["records"])) == (10_000, 100, 20)


def test_no_content(written: Written) -> None:
    report = Report("q", "DEBUG")
    answered = delivery(Answer(Outcome.REFUSED, 400, "HTTP 400"), message_id="")
    report.received([Event({"Title": "secret"})], NOW)
    report.answered(answered)
    kept = Outgoing(QueueMessage('["secret"]'), ((0, "events"),), "events: HTTP 400")
    report.settled(answered, Settlement((kept,)))
    report.close(failed=0)
    lines = written()
    assert "secret" not in json.dumps(lines)
    assert lines[0]["record"] == "r-1"
