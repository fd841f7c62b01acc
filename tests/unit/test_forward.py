"""The whole payload between Lambda and Datadog: what is sent, acknowledged, put back and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import responses

from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.forward import Forwarder, NotDelivered
from deep_security_datadog.settle import LARGEST_BODY
from tests.payload import EVENTS_URL, RememberingQueues, sample, sqs_record

Build = Callable[..., Forwarder]


def forward(forwarder: Forwarder, *records: dict[str, Any], payload: Any = None) -> list[str]:
    """The ids of the records that have to come back."""
    answer = forwarder.forward(
        open_envelope(payload or {"Records": list(records)}), seconds_left=lambda: 60, request_id="q"
    )
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def sent(intake: responses.RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or "") for call in intake.calls if call.request.url == EVENTS_URL]


def answer_by_title(intake: responses.RequestsMock, statuses: dict[str, int]) -> None:
    """202 for all events but those whose title holds one of the given words."""

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        title = json.loads(request.body)["title"]
        return next((status for word, status in statuses.items() if word in title), 202), {}, ""

    intake.add_callback(responses.POST, EVENTS_URL, answer)


def test_every_event_of_every_record(
    intake: responses.RequestsMock, forwarder: Build, mixed: list[dict[str, Any]]
) -> None:
    intake.post(EVENTS_URL, status=202)
    records = [sqs_record(mixed, record_id="a"), sqs_record(sample("SystemEvent"), record_id="b")]
    assert forward(forwarder(), *records) == []
    assert len(sent(intake)) == 11


def test_samples_of_all_types_have_their_module_and_host_in_the_title(
    intake: responses.RequestsMock, forwarder: Build
) -> None:
    intake.post(EVENTS_URL, status=202)
    forward(forwarder(), sqs_record(sample("mixed-array")))
    titles = [event["title"] for event in sent(intake)]
    assert titles[2].startswith("[High] Intrusion Prevention: 1000001 - Example Web")
    assert all("on web-prod-1" in title for title in titles[:8])


def test_nothing_accepted_comes_back_as_it_is(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, mixed: list[dict[str, Any]]
) -> None:
    intake.post(EVENTS_URL, status=503)
    assert forward(forwarder(), sqs_record(mixed, record_id="a"), sqs_record(mixed, record_id="b")) == ["a", "b"]
    assert not any(settlement.remainders or settlement.refusals for settlement in queues.carried_out)


def test_only_what_was_not_accepted_is_put_back(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, mixed: list[dict[str, Any]]
) -> None:
    answer_by_title(intake, {"Firewall": 500, "Web Reputation": 429})
    assert forward(forwarder(), sqs_record(mixed)) == []
    (remainder,) = queues.carried_out[0].remainders
    envelope = json.loads(remainder)
    assert envelope["MessageId"] == "m-1" and envelope["Timestamp"] == "2024-05-14T09:50:00.000Z"
    assert [event["EventType"] for event in json.loads(envelope["Message"])] == ["PacketLog", "WebReputationEvent"]


def test_a_remainder_is_understood(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, mixed: list[dict[str, Any]]
) -> None:
    answer_by_title(intake, {"Firewall": 500})
    forward(forwarder(), sqs_record(mixed))
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    remainder = {"eventSource": "aws:sqs", "messageId": "r-2", "body": queues.carried_out[0].remainders[0]}
    assert forward(forwarder(), remainder) == []
    assert [event["title"] for event in sent(intake)] == [
        "[Medium] Firewall: Out Of Allowed Policy (Deny) on web-prod-1"
    ]


def test_a_remainder_that_cannot_be_sent_fails_the_message(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, mixed: list[dict[str, Any]]
) -> None:
    answer_by_title(intake, {"Firewall": 500})
    queues.broken = True
    warm = forwarder()
    assert forward(warm, sqs_record(mixed)) == ["r-1"]
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    queues.broken = False
    assert forward(warm, sqs_record(mixed)) == []
    assert len(intake.calls) == 1, "what was accepted is not sent again"


def test_refused_events_are_kept_one_by_one(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, mixed: list[dict[str, Any]]
) -> None:
    answer_by_title(intake, {"Firewall": 400})
    assert forward(forwarder(), sqs_record(mixed)) == []
    (refusal,) = queues.carried_out[0].refusals
    assert (refusal.reason, refusal.status, refusal.origin) == ("events: HTTP 400", 400, "m-1")
    assert [event["EventType"] for event in json.loads(json.loads(refusal.body)["Message"])] == ["PacketLog"]


def test_what_is_no_event_is_kept_and_its_neighbours_go_on(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues
) -> None:
    intake.post(EVENTS_URL, status=202)
    records = [sqs_record("hello", record_id="a"), sqs_record(sample("TestSNS"), record_id="b")]
    assert forward(forwarder(), *records) == []
    assert len(sent(intake)) == 1
    assert [r.reason.startswith("not readable") for s in queues.carried_out for r in s.refusals] == [True]


def test_filtered_events_are_settled_and_counted_by_reason(
    intake: responses.RequestsMock, forwarder: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        forward(
            forwarder(DESTINATIONS='{"events": {"filter": {"rank_greater_than": 1}}}'),
            sqs_record(sample("PacketLog")[:1]),
        )
        == []
    )
    assert len(intake.calls) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["Received"], line["Filtered"], line["FilteredByRankGreaterThan"]) == (1, 1, 1)


def test_direct_delivery_raises_until_all_is_accepted(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues
) -> None:
    answer_by_title(intake, {"Intrusion": 500})
    with pytest.raises(NotDelivered, match="HTTP 500"):
        forward(forwarder(), payload=sample("sns-lambda-envelope"))
    assert not any(settlement.remainders for settlement in queues.carried_out)


def test_direct_delivery_sends_only_the_rest_again(intake: responses.RequestsMock, forwarder: Build) -> None:
    warm = forwarder()
    answer_by_title(intake, {"Intrusion": 500})
    with pytest.raises(NotDelivered):
        forward(warm, payload=sample("sns-lambda-envelope"))
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    assert forward(warm, payload=sample("sns-lambda-envelope")) == []
    assert ["Intrusion" in event["title"] for event in sent(intake)] == [True]


def test_direct_delivery_settles(intake: responses.RequestsMock, forwarder: Build) -> None:
    intake.post(EVENTS_URL, status=202)
    assert forward(forwarder(), payload=sample("sns-lambda-envelope")) == []


def test_a_remainder_never_outgrows_the_queue(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues
) -> None:
    events = [{"EventType": "SystemEvent", "Title": "keep" if i % 7 else "go", "D": 'ü"\\' * 1500} for i in range(70)]
    answer_by_title(intake, {"keep": 500})
    forward(forwarder(), sqs_record(events))
    bodies = [body for settlement in queues.carried_out for body in settlement.remainders]
    assert len(bodies) > 1 and all(len(body.encode()) <= LARGEST_BODY for body in bodies)
    put_back = [event for body in bodies for event in json.loads(json.loads(body)["Message"])]
    accepted = [body for body, call in zip(sent(intake), intake.calls, strict=True) if call.response.status_code == 202]  # type: ignore[union-attr]
    assert len(put_back) + len(accepted) == 70


@pytest.mark.parametrize("text", ["\ud800", "\uffff", "\x00", "\u2028"])
def test_odd_characters_survive_a_remainder(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, text: str
) -> None:
    events = [{"EventType": "SystemEvent", "Title": "keep", "D": text}, {"EventType": "SystemEvent", "Title": "go"}]
    answer_by_title(intake, {"keep": 500})
    forward(forwarder(), sqs_record(events))
    (body,) = queues.carried_out[0].remainders
    body.encode()
    assert json.loads(json.loads(body)["Message"]) == events[:1]


def test_the_log_holds_counts_and_no_content(
    intake: responses.RequestsMock, forwarder: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_by_title(intake, {"Firewall": 400})
    forward(forwarder(DD_LOG_LEVEL="DEBUG"), sqs_record(sample("mixed-array")))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    last = lines[-1]
    assert (last["Received"], last["Accepted"], last["Refused"]) == (9, 8, 1)
    assert (last["request_id"], last["records"], lines[0]["record"]) == ("q", ["m-1"], "m-1")
    assert [metric["Name"] for metric in last["_aws"]["CloudWatchMetrics"][0]["Metrics"]][:2] == [
        "Received",
        "Filtered",
    ]
    text = json.dumps(lines)
    assert "Out Of Allowed Policy" not in text and "203.0.113" not in text and '"key"' not in text


@pytest.mark.parametrize("depth", [50, 300, 900, 950, 970, 980, 2000, 20_000])
@pytest.mark.parametrize("status", [202, 400, 500])
def test_deep_nesting_never_ends_the_invocation(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, depth: int, status: int
) -> None:
    """What the parser takes can be rendered and put back; what it does not take is kept."""
    intake.post("https://http-intake.logs.datadoghq.com/api/v2/logs", status=202)
    answer_by_title(intake, {"deep": status})
    nested = "[" * depth + "]" * depth
    message = f'[{{"EventType":"SystemEvent","Title":"deep","D":{nested}}},{{"EventType":"SystemEvent"}}]'
    assert forward(forwarder(DESTINATIONS='{"events": {}, "logs": {}}'), sqs_record(message)) == []
    (settlement,) = queues.carried_out
    parsed = not any("not readable" in refusal.reason for refusal in settlement.refusals)
    assert parsed or depth > 300
    if parsed:
        assert (len(settlement.refusals), len(settlement.remainders)) == (status == 400, status == 500)
        assert len(sent(intake)) >= 2
