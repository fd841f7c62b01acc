"""The whole payload between Lambda and Datadog: what is sent, acknowledged, put back and kept."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from deep_security_datadog import fold as fold_module
from deep_security_datadog import forward as forward_module
from deep_security_datadog.aws.bodies import LARGEST_MESSAGE, QueueMessage
from deep_security_datadog.aws.delivery import Delivery
from deep_security_datadog.aws.queues import Queues
from deep_security_datadog.datadog import text
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.forward import Forwarder, NotDelivered
from deep_security_datadog.report import Report
from tests.support import EVENTS_URL, LOGS_URL, BuildForwarder, FakeQueues, sample, sqs_record


def forward(forwarder: Forwarder, *records: dict[str, Any], payload: Any = None) -> list[str]:
    """The ids of the records that have to come back."""
    result = forwarder.forward(payload or {"Records": list(records)}, seconds_left=lambda: 60, request_id="q")
    return [failure["itemIdentifier"] for failure in result["batchItemFailures"]]


def kept(queues: FakeQueues) -> list[QueueMessage]:
    """The messages in the dead-letter queue."""
    return [refusal.message for refusal in queues.refusals if refusal.message]


def uncompressed(request: requests.PreparedRequest) -> bytes:
    assert isinstance(request.body, bytes)
    return gzip.decompress(request.body) if request.headers.get("Content-Encoding") == "gzip" else request.body


def sent(intake: responses.RequestsMock) -> list[dict[str, Any]]:
    """The events of all requests."""
    return [json.loads(uncompressed(call.request)) for call in intake.calls if call.request.url == EVENTS_URL]


def logged(intake: responses.RequestsMock) -> list[dict[str, Any]]:
    """The logs of the requests that were accepted."""
    return [log for request in accepted(intake, LOGS_URL) for log in json.loads(uncompressed(request))]


def accepted(intake: responses.RequestsMock, url: str) -> list[requests.PreparedRequest]:
    calls = [call for call in intake.calls if call.request.url == url]
    return [call.request for call in calls if getattr(call.response, "status_code", None) == 202]


def answer(intake: responses.RequestsMock, url: str, status_of: Callable[[bytes], int]) -> None:
    """Answers each request with the status for its body."""
    intake.add_callback(responses.POST, url, lambda request: (status_of(uncompressed(request)), {}, ""))


def answer_by_title(intake: responses.RequestsMock, statuses: dict[str, int]) -> None:
    """202 for all events but those whose title holds one of the given words."""

    def status_of(body: bytes) -> int:
        title = json.loads(body)["title"]
        return next((status for word, status in statuses.items() if word in title), 202)

    answer(intake, EVENTS_URL, status_of)


def both(forwarder: BuildForwarder, **events_filter: object) -> Forwarder:
    return forwarder(DESTINATIONS=json.dumps({"events": {"filter": events_filter}, "logs": {}}))


def test_every_event_of_every_record(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    records = [sqs_record(sample("mixed-array"), record_id="a"), sqs_record(sample("SystemEvent"), record_id="b")]
    assert forward(forwarder(), *records) == []
    assert len(sent(intake)) == 11


def test_samples_of_all_types_have_their_module_and_host_in_the_title(
    intake: responses.RequestsMock, forwarder: BuildForwarder
) -> None:
    intake.post(EVENTS_URL, status=202)
    forward(forwarder(), sqs_record(sample("mixed-array")))
    titles = [event["title"] for event in sent(intake)]
    assert titles[2].startswith("[High] Intrusion Prevention: 1000001 - Example Web")
    assert all("on web-prod-1" in title for title in titles[:8])


def test_nothing_accepted_comes_back_as_it_is(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    intake.post(EVENTS_URL, status=503)
    records = [sqs_record(sample("mixed-array"), record_id=name) for name in "ab"]
    assert forward(forwarder(), *records) == ["a", "b"]
    assert not queues.remainders and not queues.refusals


def test_only_what_was_not_accepted_is_put_back(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    answer_by_title(intake, {"Firewall": 500, "Web Reputation": 429})
    assert forward(forwarder(), sqs_record(sample("mixed-array"))) == []
    (body,) = queues.bodies
    envelope = json.loads(body)
    assert envelope["MessageId"] == "m-1" and envelope["Timestamp"] == "2024-05-14T09:50:00.000Z"
    assert [event["EventType"] for event in json.loads(envelope["Message"])] == ["PacketLog", "WebReputationEvent"]


def test_a_remainder_is_understood(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    answer_by_title(intake, {"Firewall": 500})
    forward(forwarder(), sqs_record(sample("mixed-array")))
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    remainder = {"eventSource": "aws:sqs", "messageId": "r-2", "body": queues.bodies[0]}
    assert forward(forwarder(), remainder) == []
    assert [event["title"] for event in sent(intake)] == [
        "[Medium] Firewall: Out Of Allowed Policy (Deny) on web-prod-1"
    ]


def test_a_remainder_that_cannot_be_sent_fails_the_message(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    answer_by_title(intake, {"Firewall": 500})
    queues.broken = True
    warm = forwarder()
    assert forward(warm, sqs_record(sample("mixed-array"))) == ["r-1"]
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    queues.broken = False
    assert forward(warm, sqs_record(sample("mixed-array"))) == []
    assert len(intake.calls) == 1, "what was accepted is not sent again"


def test_refused_events_are_kept_one_by_one(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    answer_by_title(intake, {"Firewall": 400})
    assert forward(forwarder(), sqs_record(sample("mixed-array"))) == []
    (message,) = kept(queues)
    assert message.attributes == {"reason": "events: HTTP 400", "status": "400", "origin": "m-1"}
    assert [event["EventType"] for event in json.loads(json.loads(message.body)["Message"])] == ["PacketLog"]


def test_what_is_no_event_is_kept_and_its_neighbours_go_on(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    intake.post(EVENTS_URL, status=202)
    records = [sqs_record("hello", record_id="a"), sqs_record(sample("TestSNS"), record_id="b")]
    assert forward(forwarder(), *records) == []
    assert len(sent(intake)) == 1
    assert [refusal.reason.startswith("not readable") for refusal in queues.refusals] == [True]


def test_filtered_events_are_settled_and_counted_by_reason(
    intake: responses.RequestsMock, forwarder: BuildForwarder, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = forwarder(DESTINATIONS='{"events": {"filter": {"rank_greater_than": 1}}}')
    assert forward(chosen, sqs_record(sample("PacketLog")[:1])) == []
    assert len(intake.calls) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["Received"], line["Filtered"], line["FilteredByRankGreaterThan"]) == (1, 1, 1)


def test_direct_delivery_raises_until_all_is_accepted(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    answer_by_title(intake, {"Intrusion": 500})
    with pytest.raises(NotDelivered, match="HTTP 500"):
        forward(forwarder(), payload=sample("sns-lambda-envelope"))
    assert not queues.remainders


def test_direct_delivery_sends_only_the_rest_again(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    warm = forwarder()
    answer_by_title(intake, {"Intrusion": 500})
    with pytest.raises(NotDelivered):
        forward(warm, payload=sample("sns-lambda-envelope"))
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    assert forward(warm, payload=sample("sns-lambda-envelope")) == []
    assert ["Intrusion" in event["title"] for event in sent(intake)] == [True]


def test_direct_delivery_settles(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    assert forward(forwarder(), payload=sample("sns-lambda-envelope")) == []


def test_a_remainder_never_outgrows_the_queue(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    events = [{"EventType": "SystemEvent", "Title": "keep" if i % 7 else "go", "D": 'ü"\\' * 1500} for i in range(70)]
    answer_by_title(intake, {"keep": 500})
    forward(forwarder(), sqs_record(events))
    assert all(len(body.encode()) <= LARGEST_MESSAGE for body in queues.bodies)
    put_back = [event for body in queues.bodies for event in json.loads(json.loads(body)["Message"])]
    assert len(put_back) + len(accepted(intake, EVENTS_URL)) == 70


@pytest.mark.parametrize("text", ["\ud800", "\uffff", "\x00", "\u2028"])
def test_odd_characters_survive_a_remainder(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues, text: str
) -> None:
    events = [{"EventType": "SystemEvent", "Title": "keep", "D": text}, {"EventType": "SystemEvent", "Title": "go"}]
    answer_by_title(intake, {"keep": 500})
    forward(forwarder(), sqs_record(events))
    (body,) = queues.bodies
    body.encode()
    assert json.loads(json.loads(body)["Message"]) == events[:1]


def test_the_log_holds_counts_and_no_content(
    intake: responses.RequestsMock, forwarder: BuildForwarder, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_by_title(intake, {"Firewall": 400})
    forward(forwarder(DD_LOG_LEVEL="DEBUG"), sqs_record(sample("mixed-array")))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    last = lines[-1]
    assert (last["Received"], last["Accepted"], last["Refused"]) == (9, 8, 1)
    assert (last["request_id"], last["records"], lines[0]["record"]) == ("q", ["m-1"], "m-1")
    text = json.dumps(lines)
    assert "Out Of Allowed Policy" not in text and "203.0.113" not in text and '"key"' not in text


@pytest.mark.parametrize("depth", [50, 300, 900, 950, 970, 980, 2000, 20_000])
@pytest.mark.parametrize("status", [202, 400, 500])
def test_deep_nesting_never_ends_the_invocation(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues, depth: int, status: int
) -> None:
    """What the parser takes can be rendered and put back; what it does not take is kept."""
    intake.post(LOGS_URL, status=202)
    answer_by_title(intake, {"deep": status})
    nested = "[" * depth + "]" * depth
    message = f'[{{"EventType":"SystemEvent","Title":"deep","D":{nested}}},{{"EventType":"SystemEvent"}}]'
    assert forward(forwarder(DESTINATIONS='{"events": {}, "logs": {}}'), sqs_record(message)) == []
    if depth < 100:
        assert (len(queues.refusals), len(queues.remainders)) == (status == 400, status == 500)
    else:
        assert [refusal.reason for refusal in queues.refusals] == ["nested more than 100 levels deep"]
    assert len(logged(intake)) == 2 * (depth < 100)


def test_what_is_configured_is_sent(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    chosen = forwarder(DD_TAGS="Env:Prod, x", CONSOLE_URL="https://console.example.com")
    assert forward(chosen, sqs_record(sample("TestSNS"))) == []
    (event,) = sent(intake)
    assert event["tags"][-2:] == ["env:prod", "x"] and "](https://console.example.com)" in event["text"]


# Destinations ------------------------------------------------------------------------------------------------------


def test_requests_are_compressed(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(LOGS_URL, status=202)
    assert forward(forwarder(DESTINATIONS='{"logs": {}}'), sqs_record(sample("mixed-array"))) == []
    (call,) = intake.calls
    assert call.request.headers["Content-Encoding"] == "gzip"
    assert call.request.headers["Content-Type"] == "application/json"


def test_a_failing_request_fails_only_its_events(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    answer(intake, LOGS_URL, lambda body: 503 if b'"EventID":1500,' in body else 202)
    events = [{"EventID": number, "EventType": "SystemEvent"} for number in range(2500)]
    assert forward(forwarder(DESTINATIONS='{"logs": {}}'), sqs_record(events)) == []
    back = [event["EventID"] for body in queues.bodies for event in json.loads(json.loads(body)["Message"])]
    assert back == [1500] and not queues.refusals


def test_5000_events_in_5_full_batches_are_5_requests(
    intake: responses.RequestsMock, forwarder: BuildForwarder
) -> None:
    """What an invocation gets is 10 messages at most (batch_size in invocation.tf), here of 100 events each."""
    intake.post(LOGS_URL, status=202)
    warm, event = forwarder(DESTINATIONS='{"logs": {}}'), sample("PayloadLog")[0]
    for batch in range(5):
        records = [sqs_record([event] * 100, record_id=f"{batch}-{number}") for number in range(10)]
        assert forward(warm, *records) == []
    assert len(intake.calls) == 5 and len(logged(intake)) == 5_000


def test_all_messages_share_a_request(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=202)
    records = [sqs_record(sample("mixed-array"), record_id=str(number)) for number in range(10)]
    assert forward(both(forwarder, minimum_severity="critical"), *records) == []
    assert len(logged(intake)) == 90
    # Logs first: one request that does not wait behind many.
    assert [call.request.url for call in intake.calls] == [LOGS_URL] + [EVENTS_URL] * 10


def test_what_logs_did_not_take_goes_to_logs_only(
    intake: responses.RequestsMock,
    forwarder: BuildForwarder,
    queues: FakeQueues,
    capsys: pytest.CaptureFixture[str],
) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=503)
    assert forward(both(forwarder), sqs_record(sample("mixed-array"))) == []
    (body,) = queues.bodies
    intake.reset()
    intake.post(LOGS_URL, status=202)
    assert forward(both(forwarder), {"eventSource": "aws:sqs", "messageId": "r-2", "body": body}) == []
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["Accepted"], line["EventsAccepted"], line["LogsWaiting"]) == (9, 9, 9)
    assert "LogsAccepted" not in line and "FilteredByRankGreaterThan" not in line
    assert len(logged(intake)) == 9 and {call.request.url for call in intake.calls} == {LOGS_URL}


# Repeats -----------------------------------------------------------------------------------------------------------

PACKET = {"EventType": "PacketLog", "TenantID": 0, "Hostname": "web-1", "Reason": "Out Of Allowed Policy", "Action": 1}


def packets(count: int) -> list[dict[str, Any]]:
    """Identical events, but for what differs between two occurrences."""
    return [
        {**PACKET, "EventID": number, "SourcePort": number, "LogDate": f"2024-05-14T09:40:{number:02}.250Z"}
        for number in range(count)
    ]


def folding(forwarder: BuildForwarder, *others: str, **options: object) -> Forwarder:
    """Folds the events; other destinations get everything as it comes."""
    events = {"filter": {"fold_repeats": True, **options}}
    return forwarder(DESTINATIONS=json.dumps({"events": events, **{name: {} for name in others}}))


def test_one_event_with_count_first_and_last(
    intake: responses.RequestsMock, forwarder: BuildForwarder, capsys: pytest.CaptureFixture[str]
) -> None:
    intake.post(EVENTS_URL, status=202)
    assert forward(folding(forwarder), sqs_record([*packets(3), *sample("SystemEvent")[:1]])) == []
    packet, _ = sent(intake)
    assert (
        "**3 events like this one** in the same message, the first at 2024-05-14 09:40:00 UTC, "
        "the last at 2024-05-14 09:40:02 UTC. The facts are the first one's.\n\n- Rule" in packet["text"]
    )
    assert packet["title"] == "[Medium] Firewall: Out Of Allowed Policy (Deny) on web-1"
    line = json.loads(capsys.readouterr().out)
    assert (line["Received"], line["Accepted"], line["Folded"], line["Filtered"]) == (4, 4, 2, 0)
    assert {"Name": "Folded", "Unit": "Count"} in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]


def test_by_default_nothing_is_folded(
    intake: responses.RequestsMock, forwarder: BuildForwarder, capsys: pytest.CaptureFixture[str]
) -> None:
    intake.post(EVENTS_URL, status=202)
    assert forward(forwarder(), sqs_record(packets(3))) == []
    assert len(sent(intake)) == 3 and not any("like this one" in event["text"] for event in sent(intake))
    assert "Folded" not in json.loads(capsys.readouterr().out)


def test_only_within_a_message(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    redriven = {"eventSource": "aws:sqs", "messageId": "c", "body": json.dumps({"Records": [sns("m-3"), sns("m-4")]})}
    records = [sqs_record(packets(2), record_id="a"), sqs_record(packets(2), record_id="b", message_id="m-2"), redriven]
    assert forward(folding(forwarder), *records) == []
    assert len(sent(intake)) == 4


def test_only_within_a_record(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    """A remainder too large for one message is two with the same notification."""
    intake.post(EVENTS_URL, status=202)
    records = [sqs_record(packets(2), record_id="a"), sqs_record(packets(3), record_id="b")]
    assert forward(folding(forwarder), *records) == []
    assert [re.findall(r"\d events like", event["text"]) for event in sent(intake)] == [
        ["2 events like"],
        ["3 events like"],
    ]


def sns(message_id: str) -> dict[str, Any]:
    return {"EventSource": "aws:sns", "Sns": {"MessageId": message_id, "Message": json.dumps(packets(2))}}


def test_what_the_filter_drops_is_not_counted(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    chosen = folding(forwarder, exclude=[{"SourcePort": "1"}])
    assert forward(chosen, sqs_record(packets(3))) == []
    (event,) = sent(intake)
    assert "**2 events like this one**" in event["text"]


def test_each_destination_for_itself(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=202)
    assert forward(folding(forwarder, "logs"), sqs_record(packets(3))) == []
    assert (len(sent(intake)), len(logged(intake))) == (1, 3)
    assert not any("repeats" in log for log in logged(intake))


def test_ocsf_goes_with_logs_that_ask_for_it(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=202)
    for asked in (True, False):
        chosen = forwarder(DESTINATIONS=json.dumps({"events": {}, "logs": {"ocsf": asked}}))
        assert forward(chosen, sqs_record(packets(1))) == []
        assert ("ocsf" in logged(intake)[-1]) is asked


def test_a_log_has_the_count_as_attributes_and_the_first_event_raw(
    intake: responses.RequestsMock, forwarder: BuildForwarder
) -> None:
    intake.post(LOGS_URL, status=202)
    events = packets(3)
    chosen = forwarder(DESTINATIONS='{"logs": {"filter": {"fold_repeats": true}}}')
    assert forward(chosen, sqs_record([*events, {**PACKET, "LogDate": None, "Action": 6}])) == []
    folded, single = logged(intake)
    assert folded["repeats"] == {"count": 3, "first": "2024-05-14T09:40:00.250Z", "last": "2024-05-14T09:40:02.250Z"}
    assert folded["deep_security"] == events[0] and "repeats" not in single


def test_all_members_go_back(intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues) -> None:
    answer_by_title(intake, {"Firewall": 503})
    system = sample("SystemEvent")[0]
    warm = folding(forwarder)
    assert forward(warm, sqs_record([packets(3)[0], system, *packets(3)[1:]])) == []
    (body,) = queues.bodies
    assert json.loads(json.loads(body)["Message"]) == packets(3)
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    assert forward(warm, {"eventSource": "aws:sqs", "messageId": "r-2", "body": body}) == []
    (event,) = sent(intake)
    assert "**3 events like this one**" in event["text"]
    assert len(queues.remainders) == 1


@pytest.mark.parametrize("destination", ["events", "logs"])
def test_all_members_are_kept_when_refused(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues, destination: str
) -> None:
    intake.post(EVENTS_URL, status=400)
    intake.post(LOGS_URL, status=400)
    chosen = forwarder(DESTINATIONS=json.dumps({destination: {"filter": {"fold_repeats": True}}}))
    assert forward(chosen, sqs_record(packets(3) + sample("SystemEvent")[:1])) == []
    events = [event for message in kept(queues) for event in json.loads(json.loads(message.body)["Message"])]
    assert events == packets(3) + sample("SystemEvent")[:1]
    assert {refusal.reason for refusal in queues.refusals} == {f"{destination}: HTTP 400"}


def test_accepted_members_are_remembered_when_the_message_comes_back(
    intake: responses.RequestsMock, forwarder: BuildForwarder
) -> None:
    warm = folding(forwarder)
    answer_by_title(intake, {"System": 500})
    message = {"Records": [{"Sns": {"MessageId": "m", "Message": json.dumps(packets(3) + sample("SystemEvent"))}}]}
    with pytest.raises(NotDelivered):
        forward(warm, payload=message)
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    assert forward(warm, payload=message) == []
    assert sent(intake) and not any("Firewall" in event["title"] for event in sent(intake))


def test_a_settled_record_that_is_delivered_again_sends_nothing(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    answer_by_title(intake, {"Firewall": 400})
    warm, record = forwarder(), sqs_record(sample("mixed-array"))
    assert forward(warm, record) == forward(warm, record) == []
    assert len(intake.calls) == 9 and len(queues.refusals) == 1
    assert forward(warm, {**record, "messageId": "another"}) == []
    assert len(intake.calls) == 18


def test_a_notification_that_is_put_in_again_by_hand_is_sent_again(
    intake: responses.RequestsMock, forwarder: BuildForwarder
) -> None:
    """Without a queue the SNS id stays the same, and who does this wants it sent."""
    intake.post(EVENTS_URL, status=202)
    warm = forwarder()
    for _ in range(2):
        assert forward(warm, payload=sample("sns-lambda-envelope")) == []
    assert len(intake.calls) == 4


def test_records_are_settled_as_soon_as_their_events_are(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues
) -> None:
    settled_before: list[int] = []

    def status_of(body: bytes) -> int:
        settled_before.append(len(queues.refusals))
        return 400

    answer(intake, EVENTS_URL, status_of)
    records = [sqs_record(sample("SystemEvent"), record_id=str(number)) for number in range(20)]
    assert forward(forwarder(), *records) == []
    assert settled_before[-1] > 0 and len(queues.refusals) == 40


@pytest.mark.parametrize("destination", ["events", "logs"])
def test_an_event_that_cannot_be_rendered_is_refused_and_costs_the_others_nothing(
    intake: responses.RequestsMock,
    forwarder: BuildForwarder,
    queues: FakeQueues,
    monkeypatch: pytest.MonkeyPatch,
    destination: str,
) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=202)
    title = text.title

    def fails_for_one(event: Event) -> str:
        if event.texts.get("Title") == "culprit":
            raise KeyError("content")
        return title(event)

    monkeypatch.setattr(text, "title", fails_for_one)
    events = [{"EventType": "SystemEvent", "Title": name} for name in ("one", "culprit", "two")]
    assert forward(forwarder(DESTINATIONS=json.dumps({destination: {}})), sqs_record(events)) == []
    (refusal,), (message,) = queues.refusals, kept(queues)
    assert refusal.reason == f"{destination}: cannot be rendered (KeyError)" and "culprit" in message.body
    assert len(sent(intake) + logged(intake)) == 2


def test_messages_take_turns(intake: responses.RequestsMock, forwarder: BuildForwarder) -> None:
    intake.post(EVENTS_URL, status=202)
    messages = [[{"EventType": "SystemEvent", "Title": f"{name}{place}"} for place in range(2)] for name in "ab"]
    records = [sqs_record(message, record_id=f"r-{number}") for number, message in enumerate(messages)]
    assert forward(forwarder(), *records) == []
    assert [event["title"][-2:] for event in sent(intake)] == ["a0", "b0", "a1", "b1"]


@pytest.mark.parametrize("name", ["aws.queues.Queues.settle", "report.Report.settled"])
def test_a_record_that_cannot_be_settled_waits_alone(
    intake: responses.RequestsMock, forwarder: BuildForwarder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    intake.post(EVENTS_URL, status=400)
    owner, function = (Queues, "settle") if name.endswith("settle") else (Report, "settled")
    works = getattr(owner, function)

    def fails_for_one(*arguments: Any, **options: Any) -> Any:
        (delivery,) = [argument for argument in arguments if isinstance(argument, Delivery)]
        if delivery.record.record_id == "culprit":
            raise KeyError("content")
        return works(*arguments, **options)

    monkeypatch.setattr(owner, function, fails_for_one)
    records = [sqs_record(sample("SystemEvent"), record_id=name) for name in ("one", "culprit", "two")]
    back = forward(forwarder(), *records)
    assert back == (["culprit"] if function == "settle" else [])


def test_an_event_that_cannot_be_understood_is_kept_with_the_reason(
    intake: responses.RequestsMock, forwarder: BuildForwarder, queues: FakeQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_for_one(properties: dict[str, Any]) -> Event:
        if properties.get("Title") == "culprit":
            raise KeyError("content")
        return Event(properties)

    intake.post(EVENTS_URL, status=202)
    monkeypatch.setattr(forward_module, "Event", fails_for_one)
    events = [{"EventType": "SystemEvent", "Title": name} for name in ("one", "culprit", "two")]
    assert forward(forwarder(), sqs_record(events)) == []
    (refusal,) = queues.refusals
    assert refusal.reason == "events: cannot be read (KeyError)" and len(sent(intake)) == 2


def test_what_cannot_be_filtered_is_sent_as_it_is(
    intake: responses.RequestsMock, forwarder: BuildForwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(event: Event) -> None:
        raise KeyError("content")

    intake.post(EVENTS_URL, status=202)
    monkeypatch.setattr(fold_module, "fold_key", fails)
    records = [sqs_record(packets(2), record_id="a"), sqs_record(sample("SystemEvent"), record_id="b")]
    assert forward(folding(forwarder), *records) == []
    assert len(sent(intake)) == 4
