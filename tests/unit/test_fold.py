"""Identical events of one message become one, and each keeps its own promise of delivery."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.deliver import Answer, Outcome, Parcel
from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.event import Event
from deep_security_datadog.fold import Repeats, fold, identity
from deep_security_datadog.forward import Forwarder, NotDelivered
from deep_security_datadog.settings import Settings
from tests.payload import EVENTS_URL, RememberingQueues, sample, sqs_record

LOGS_URL = "https://http-intake.logs.datadoghq.com/api/v2/logs"
Build = Callable[..., Forwarder]

PACKET = {
    "EventType": "PacketLog",
    "TenantID": 0,
    "Hostname": "web-1",
    "Reason": "Out Of Allowed Policy",
    "Action": 1,
}


def packets(count: int, **other: Any) -> list[dict[str, Any]]:
    """The same but for what tells two occurrences apart."""
    return [
        {**PACKET, "EventID": number, "SourcePort": number, "LogDate": f"2024-05-14T09:40:{number:02}.250Z", **other}
        for number in range(count)
    ]


@given(st.lists(st.one_of(st.none(), st.integers(0, 4))))
def test_a_partition_in_order_that_folds_no_further(keys: list[int | None]) -> None:
    items = list(enumerate(keys))
    groups = fold(items, lambda item: item[1])
    assert sorted(member for group in groups for member in group) == items
    assert all(list(group) == sorted(group) for group in groups)
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)
    assert all(len({key for _, key in group}) == 1 for group in groups)
    assert all(len(group) == 1 for group in groups if group[0][1] is None)
    assert fold([group[0] for group in groups], lambda item: item[1]) == [(group[0],) for group in groups]


@pytest.mark.parametrize(
    "change",
    [
        {"TenantID": 1},
        {"EventType": "PayloadLog"},
        {"Hostname": "web-2"},
        {"HostInstanceID": "i-1"},
        {"Reason": "Another"},
        {"Action": 6},
        # A more severe one is not hidden behind a less severe one.
        {"Rank": 1000},
    ],
)
def test_what_tells_events_apart(change: dict[str, Any]) -> None:
    assert identity(Event(PACKET)) != identity(Event({**PACKET, **change}))


def test_what_does_not_tell_events_apart() -> None:
    other = {"EventID": 7, "LogDate": "2024-05-14T09:40:00Z", "SourceIP": "203.0.113.9", "DestinationPort": 22}
    assert identity(Event(PACKET)) == identity(Event({**PACKET, **other})) is not None


def test_system_events_about_different_things_differ() -> None:
    event = {"EventType": "SystemEvent", "Title": "Synchronized", "TargetType": "AmazonAccount", "TargetName": "one"}
    assert identity(Event(event)) != identity(Event({**event, "TargetName": "two"}))


def test_a_type_without_rules_differs_by_its_subject() -> None:
    event = {"EventType": "WebReputationEvent", "Hostname": "web-1", "URL": "http://one.example"}
    assert identity(Event(event)) != identity(Event({**event, "URL": "http://two.example"}))


@pytest.mark.parametrize("event", [{}, {"EventID": 1}, {"EventType": "TestSNS"}, {"EventType": "WebReputationEvent"}])
def test_what_says_nothing_is_not_folded(event: dict[str, Any]) -> None:
    assert identity(Event(event)) is None


def test_first_and_last_are_by_time_not_by_place() -> None:
    times = ["2024-05-14T09:42:00Z", None, "2024-05-14T09:40:00Z", "no time", "2024-05-14T11:41:00+02:00"]
    assert Repeats.of(Event({"LogDate": time}) for time in times) == Repeats(
        count=5,
        first=datetime(2024, 5, 14, 9, 40, tzinfo=UTC),
        last=datetime(2024, 5, 14, 9, 42, tzinfo=UTC),
    )
    assert Repeats.of([Event({}), Event({})]) == Repeats(count=2)


def forward(forwarder: Forwarder, *records: dict[str, Any], payload: Any = None) -> list[str]:
    answer = forwarder.forward(
        open_envelope(payload or {"Records": list(records)}), seconds_left=lambda: 60, request_id="q"
    )
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def folding(forwarder: Build, *others: str, **options: object) -> Forwarder:
    """Folds the events; other destinations get everything as it comes."""
    events = {"filter": {"fold_repeats": True, **options}}
    return forwarder(DESTINATIONS=json.dumps({"events": events, **{name: {} for name in others}}))


def sent(intake: responses.RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body or "") for call in intake.calls if call.request.url == EVENTS_URL]


def logged(intake: responses.RequestsMock) -> list[dict[str, Any]]:
    calls = [call for call in intake.calls if call.request.url == LOGS_URL]
    return [log for call in calls for log in json.loads(gzip.decompress(call.request.body))]  # type: ignore[arg-type]


def test_one_event_with_count_first_and_last(
    intake: responses.RequestsMock, forwarder: Build, capsys: pytest.CaptureFixture[str]
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
    intake: responses.RequestsMock, forwarder: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    intake.post(EVENTS_URL, status=202)
    assert forward(forwarder(), sqs_record(packets(3))) == []
    assert len(sent(intake)) == 3 and not any("like this one" in event["text"] for event in sent(intake))
    assert "Folded" not in json.loads(capsys.readouterr().out)


def test_only_within_a_message(intake: responses.RequestsMock, forwarder: Build) -> None:
    intake.post(EVENTS_URL, status=202)
    both = {"eventSource": "aws:sqs", "messageId": "c", "body": json.dumps({"Records": [sns("m-3"), sns("m-4")]})}
    records = [sqs_record(packets(2), record_id="a"), sqs_record(packets(2), record_id="b", message_id="m-2"), both]
    assert forward(folding(forwarder), *records) == []
    assert len(sent(intake)) == 4


def test_only_within_a_record(intake: responses.RequestsMock, forwarder: Build) -> None:
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


def test_what_the_filter_drops_is_not_counted(intake: responses.RequestsMock, forwarder: Build) -> None:
    intake.post(EVENTS_URL, status=202)
    chosen = folding(forwarder, exclude=[{"SourcePort": "1"}])
    assert forward(chosen, sqs_record(packets(3))) == []
    (event,) = sent(intake)
    assert "**2 events like this one**" in event["text"]


def test_each_destination_for_itself(intake: responses.RequestsMock, forwarder: Build) -> None:
    intake.post(EVENTS_URL, status=202)
    intake.post(LOGS_URL, status=202)
    assert (
        forward(
            folding(forwarder, "logs"),
            sqs_record(packets(3)),
        )
        == []
    )
    assert (len(sent(intake)), len(logged(intake))) == (1, 3)
    assert not any("repeats" in log for log in logged(intake))


def test_a_log_has_the_count_as_attributes_and_the_first_event_raw(
    intake: responses.RequestsMock, forwarder: Build
) -> None:
    intake.post(LOGS_URL, status=202)
    events = packets(3)
    chosen = forwarder(DESTINATIONS='{"logs": {"filter": {"fold_repeats": true}}}')
    assert forward(chosen, sqs_record([*events, {**PACKET, "LogDate": None, "Action": 6}])) == []
    folded, single = logged(intake)
    assert folded["repeats"] == {"count": 3, "first": "2024-05-14T09:40:00.250Z", "last": "2024-05-14T09:40:02.250Z"}
    assert folded["deep_security"] == events[0] and "repeats" not in single


def test_all_members_go_back(intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues) -> None:
    intake.add_callback(
        responses.POST, EVENTS_URL, lambda request: (503 if "Firewall" in str(request.body) else 202, {}, "")
    )
    system = sample("SystemEvent")[0]
    warm = folding(forwarder)
    assert forward(warm, sqs_record([packets(3)[0], system, *packets(3)[1:]])) == []
    (body,) = queues.carried_out[0].remainders
    assert json.loads(json.loads(body)["Message"]) == packets(3)
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    assert forward(warm, {"eventSource": "aws:sqs", "messageId": "r-2", "body": body}) == []
    (event,) = sent(intake)
    assert "**3 events like this one**" in event["text"]
    assert queues.carried_out[1].remainders == ()


@pytest.mark.parametrize("destination", ["events", "logs"])
def test_all_members_are_kept_when_refused(
    intake: responses.RequestsMock, forwarder: Build, queues: RememberingQueues, destination: str
) -> None:
    intake.post(EVENTS_URL, status=400)
    intake.post(LOGS_URL, status=400)
    chosen = forwarder(DESTINATIONS=json.dumps({destination: {"filter": {"fold_repeats": True}}}))
    assert forward(chosen, sqs_record(packets(3) + sample("SystemEvent")[:1])) == []
    refusals = queues.carried_out[0].refusals
    kept = [event for refusal in refusals for event in json.loads(json.loads(refusal.body)["Message"])]
    assert kept == packets(3) + sample("SystemEvent")[:1]
    assert {refusal.reason for refusal in refusals} == {f"{destination}: HTTP 400"}


def test_accepted_members_are_remembered_when_the_message_comes_back(
    intake: responses.RequestsMock, forwarder: Build
) -> None:
    warm = folding(forwarder)
    intake.add_callback(
        responses.POST, EVENTS_URL, lambda request: (202 if "Firewall" in str(request.body) else 500, {}, "")
    )
    message = {"Records": [{"Sns": {"MessageId": "m", "Message": json.dumps(packets(3) + sample("SystemEvent"))}}]}
    with pytest.raises(NotDelivered):
        forward(warm, payload=message)
    intake.reset()
    intake.post(EVENTS_URL, status=202)
    assert forward(warm, payload=message) == []
    assert sent(intake) and not any("Firewall" in event["title"] for event in sent(intake))


class Whimsical:
    """A courier whose answers are drawn; counts by title what Datadog has, a folded event as often as it says."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.takes_all = False
        self.accepted: Counter[tuple[str, str]] = Counter()

    def deliver(self, parcels: Iterable[Parcel], **_: Any) -> list[Answer]:
        return [self._answer(parcel) for parcel in parcels]

    def _answer(self, parcel: Parcel) -> Answer:
        outcome = Outcome.ACCEPTED if self.takes_all else self._data.draw(st.sampled_from(Outcome))
        if outcome is Outcome.ACCEPTED:
            for title, count in self._contents(parcel):
                self.accepted[title] += count
        return Answer(outcome=outcome, reason=outcome.value)

    @staticmethod
    def _contents(parcel: Parcel) -> list[tuple[Any, int]]:
        if parcel.url.endswith("/logs"):
            logs = json.loads(gzip.decompress(parcel.body()))
            return [(("logs", log["message"][-1]), log.get("repeats", {"count": 1})["count"]) for log in logs]
        event = json.loads(parcel.body())
        stands_for = re.search(r"\*\*(\d+) events like this one", event["text"])
        return [(("events", event["title"][-1]), int(stands_for.group(1)) if stands_for else 1)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=7), max_size=3), st.booleans(), st.booleans(), st.data())
def test_nothing_is_lost_or_doubled(
    messages: list[list[str]], fold_events: bool, fold_logs: bool, data: st.DataObject
) -> None:
    environment = {
        "DD_API_KEY_SSM_NAME": "/datadog",
        "DESTINATIONS": json.dumps(
            {"events": {"filter": {"fold_repeats": fold_events}}, "logs": {"filter": {"fold_repeats": fold_logs}}}
        ),
    }
    queues, courier = RememberingQueues(), Whimsical(data)
    forwarder = Forwarder(Settings.from_environment(environment), courier, queues)  # type: ignore[arg-type]
    waiting = {}
    for number, titles in enumerate(messages):
        events = [{"EventType": "SystemEvent", "Title": title} for title in titles]
        waiting[f"r-{number}"] = sqs_record(events, record_id=f"r-{number}", message_id=f"m-{number}")
    refused: Counter[Hashable] = Counter()
    for turn in range(6):
        courier.takes_all = turn == 5
        queues.broken = not courier.takes_all and data.draw(st.booleans())
        queues.carried_out.clear()
        back = forward(forwarder, *waiting.values()) if waiting else []
        waiting = {name: waiting[name] for name in back}
        for number, settlement in enumerate(queues.carried_out):
            for refusal in settlement.refusals:
                (event,) = json.loads(json.loads(refusal.body)["Message"])
                refused[refusal.reason.partition(":")[0], event["Title"]] += 1
            for place, body in enumerate(settlement.remainders):
                name = f"{turn}.{number}.{place}"
                waiting[name] = {"eventSource": "aws:sqs", "messageId": name, "body": body}
    assert not waiting
    published = Counter(title for titles in messages for title in titles)
    expected = {(name, title): count for name in ("events", "logs") for title, count in published.items()}
    assert courier.accepted + refused == expected
