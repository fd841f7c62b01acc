"""What an invocation writes: a line of counts and reasons that is its metrics too, and a line for each refusal."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from deep_security_datadog.aws.delivery import Delivery, Outgoing
from deep_security_datadog.aws.envelope import Entry, Notification, Record
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.report import METRICS, Report
from tests.support import ACCEPTED, NOW, REFUSED, RETRY, answered

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
    return answered(Record("r-1", tuple(entries)), *({destination: answer} for answer in answers))


def kept(destination: str = "events", place: int = 0) -> Outgoing:
    return Outgoing('["secret"]', ((place, destination),), reason=f"{destination}: HTTP 400")


def metrics(line: dict[str, Any]) -> dict[str, Any]:
    """The metrics in a line."""
    (block,) = line["_aws"]["CloudWatchMetrics"]
    assert (block["Namespace"], block["Dimensions"]) == ("DeepSecurityDatadog", [["FunctionName"]])
    for metric in block["Metrics"]:
        assert metric["Unit"] == ("Seconds" if metric["Name"] == "DeliveryDelay" else "Count")
    return {metric["Name"]: line[metric["Name"]] for metric in block["Metrics"]}


def test_an_invocation_without_events_has_zeros(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "my-function")
    Report("q-1", "ERROR").close(failed=0)
    (line,) = written()
    assert (line["level"], line["message"], line["request_id"]) == ("INFO", "invocation", "q-1")
    assert (line["FunctionName"], line["records"], line["failed_records"]) == ("my-function", [], 0)
    assert metrics(line) == dict.fromkeys(METRICS, 0)


def test_what_happened_is_counted_with_its_reason(written: Written) -> None:
    report = Report("q", "INFO")
    report.received([Event({})] * 4, NOW)
    report.chosen("events", ["rank_greater_than"], folded=0)
    several = delivery(ACCEPTED._replace(attempts=3), RETRY._replace(attempts=4), Answer(Outcome.RETRY, reason="late"))
    report.answered(several)
    report.settled(several, "")
    report.close(failed=1)
    (line,) = written()
    counts = {"Received": 4, "Filtered": 1, "FilteredByRankGreaterThan": 1, "Accepted": 1, "Retried": 5, "Waiting": 2}
    assert metrics(line) == {**counts, "Requeued": 0, "Refused": 0}
    assert (line["level"], line["failed_records"], line["attempts"], line["records"]) == ("WARNING", 1, 7, ["m-1"])
    reasons = ["events filtered: rank_greater_than", "events retry: HTTP 503", "events retry: late"]
    assert line["reasons"] == dict.fromkeys(reasons, 1)
    assert report.summary() == "; ".join(f"{reason} (1)" for reason in reasons)


def test_several_destinations_are_counted_each_and_together(written: Written) -> None:
    report = Report("q", "INFO", by_destination=True)
    report.chosen("events", ["exclude"], folded=0)
    report.chosen("logs", [], folded=2)
    events = delivery(ACCEPTED, RETRY._replace(attempts=2))
    logs = delivery(ACCEPTED, REFUSED, destination="logs")
    logs.kept.append(kept("logs", 1))
    for one in (events, logs):
        report.answered(one)
        report.settled(one, "")
    report.close(failed=0)
    *_, line = written()
    both = {"Accepted": 2, "EventsAccepted": 1, "LogsAccepted": 1}
    of_events = dict.fromkeys(("Filtered", "Retried", "Waiting"), 1)
    expected = both | of_events | {f"Events{name}": 1 for name in of_events} | {"FilteredByExclude": 1}
    expected |= {"Folded": 2, "LogsFolded": 2, "Refused": 1, "LogsRefused": 1}
    assert {name: value for name, value in metrics(line).items() if value} == expected


def test_what_the_queues_took_is_counted_and_each_refusal_has_a_line_without_content(written: Written) -> None:
    report, settled = Report("q", "DEBUG"), delivery(REFUSED, RETRY, message_id="")
    report.received([Event({"Title": "secret"})], NOW)
    report.answered(settled)
    settled.kept.append(kept()._replace(debts=((0, "events"), (0, "logs"))))
    settled.requeued.append(Outgoing("", ((1, "events"),)))
    report.settled(settled, "ServiceUnavailable")
    report.close(failed=0)
    refusal, line = written()
    assert refusal == {
        "level": "WARNING",
        "message": "refused for good, kept in the dead-letter queue",
        "request_id": "q",
        "record": "r-1",
        "reason": "events: HTTP 400",
    }
    assert (line["Refused"], line["Requeued"], line["Waiting"], line["level"]) == (1, 1, 1, "WARNING")
    assert "secret" not in json.dumps(line)


def test_whatever_waits_is_counted(written: Written) -> None:
    """What was refused and not kept, no event and not kept, left to the next invocation, or not read at all."""
    report, waits = Report("q", "INFO"), delivery(REFUSED, left=True)
    report.settled(waits, "ServiceUnavailable")
    report.waits(Record("r-2"), "not read", "out of time")
    report.close(failed=2)
    *lines, line = written()
    assert [(one["record"], one["message"], one["reason"]) for one in lines] == [
        ("m-1", "not taken by a queue, so the message waits", "ServiceUnavailable"),
        ("r-2", "not read, so the message waits", "out of time"),
    ]
    assert (line["Waiting"], line["reasons"]) == (3, {"not read: out of time": 1})


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 1), ("INFO", 1), ("WARNING", 1), ("ERROR", 0)])
def test_warnings_have_a_level_and_the_invocation_none(written: Written, level: str, lines: int) -> None:
    report = Report("q", level)
    report.warning("something", Record(), reason="x")
    assert len(written()) == lines
    report.close(failed=0)
    assert len(written()) == 1


def test_the_delay_until_delivery_is_never_negative(written: Written) -> None:
    report = Report("q", "INFO")
    times = ("2024-05-14T09:49:58.500Z", "2024-05-14T09:50:01Z", None, "no time")
    report.received([Event({"LogDate": time}) for time in times], NOW)
    report.close(failed=0)
    (line,) = written()
    assert metrics(line)["DeliveryDelay"] == [1.5, 0.0]


def test_a_line_has_a_bounded_length(written: Written) -> None:
    """CloudWatch takes 100 values of a metric in a line, and 256 KB a line."""
    report = Report("q", "INFO")
    report.received([Event({"LogDate": "2024-05-14T09:49:58Z"})] * 1_000, NOW)
    for _ in range(100):
        report.answered(delivery())
    report.close(failed=0)
    (line,) = written()
    assert (line["Received"], len(line["DeliveryDelay"]), len(line["records"])) == (1_000, 100, 20)
