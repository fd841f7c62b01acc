"""What becomes of a record, case by case and as a state machine: each event is settled exactly once, or still there."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.envelope import DESTINATIONS_ATTRIBUTE, Entry, Notification, Record, open_envelope
from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.settle import LARGEST_BODY, Refusal, Settlement, compact, notification_body, settle, split
from tests.support import sqs_record

OUTCOMES = st.sampled_from(Outcome)
DESTINATIONS = ("events", "logs")
INVOCATIONS = 12

ACCEPTED = Answer(Outcome.ACCEPTED, 202)
RETRY = Answer(Outcome.RETRY, 503, "HTTP 503")
REFUSED = Answer(Outcome.REFUSED, 400, "HTTP 400")

NOTIFICATION = Notification("m-1", "arn:aws:sns:us-east-1:111122223333:deep-security", "2024-05-14T09:50:00.000Z")


def entry(number: int, notification: Notification = NOTIFICATION, **answers: Answer) -> Entry:
    """An event with the given answers, by destination."""
    entry = Entry(notification, {"EventID": number})
    entry.answers.update(answers)
    return entry


def settled(*entries: Entry, record_id: str | None = "r-1") -> Settlement:
    return settle(Record(record_id, entries))


def contents(body: str) -> tuple[list[int], str | None]:
    """The event ids of a notification, and the destinations that are owed them."""
    envelope = json.loads(body)
    assert (envelope["MessageId"], envelope["TopicArn"], envelope["Timestamp"]) == tuple(NOTIFICATION[:3])
    owed = envelope.get("MessageAttributes", {}).get(DESTINATIONS_ATTRIBUTE, {}).get("Value")
    return [event["EventID"] for event in json.loads(envelope["Message"])], owed


@pytest.mark.parametrize("record_id", ["r-1", None])
@pytest.mark.parametrize(
    "entries", [(), (entry(1, events=ACCEPTED),), (entry(1), entry(2, events=ACCEPTED, logs=ACCEPTED))]
)
def test_all_accepted_or_filtered_out_is_settled(entries: tuple[Entry, ...], record_id: str | None) -> None:
    assert settled(*entries, record_id=record_id) == Settlement()


@pytest.mark.parametrize("record_id", ["r-1", None])
def test_an_untouched_record_comes_back(record_id: str | None) -> None:
    entries = (entry(1, events=RETRY), entry(2), entry(3, events=RETRY, logs=RETRY))
    assert settled(*entries, record_id=record_id) == Settlement(comes_back=True)


@pytest.mark.parametrize(
    "other", [entry(2, events=ACCEPTED), entry(2, events=REFUSED), Entry(NOTIFICATION, text="x", problem="y")]
)
def test_without_a_queue_a_record_comes_back_as_long_as_anything_is_left(other: Entry) -> None:
    assert settled(entry(1, events=RETRY), other, record_id=None) == Settlement(comes_back=True)


def test_only_what_is_left_is_put_back() -> None:
    entries = [entry(number, events=RETRY if number % 2 else ACCEPTED) for number in range(5)]
    settlement = settled(*entries)
    assert (settlement.refusals, settlement.comes_back) == ((), False)
    assert [contents(body) for body, _ in settlement.remainders] == [([1, 3], "events")]


def test_remainders_are_owed_to_those_that_did_not_take_them() -> None:
    settlement = settled(
        entry(1, events=ACCEPTED, logs=RETRY),
        entry(2, events=RETRY, logs=RETRY),
        entry(3, events=REFUSED, logs=RETRY),
        entry(4, logs=RETRY),
    )
    assert [contents(body) for body, _ in settlement.remainders] == [([1, 3, 4], "logs"), ([2], "events,logs")]


def test_notifications_are_not_mixed() -> None:
    other = NOTIFICATION._replace(message_id="m-2")
    settlement = settled(entry(1, events=RETRY), entry(2, other, events=RETRY), entry(3, events=ACCEPTED))
    assert [json.loads(body)["MessageId"] for body, _ in settlement.remainders] == ["m-1", "m-2"]


def test_refused_events_are_kept_one_by_one_for_their_destination() -> None:
    settlement = settled(entry(1, events=REFUSED, logs=ACCEPTED), entry(2, events=REFUSED, logs=REFUSED))
    assert not settlement.remainders and not settlement.comes_back
    found = [
        (*contents(refusal.body), refusal.reason, refusal.status, refusal.origin) for refusal in settlement.refusals
    ]
    assert found == [
        ([1], "events", "events: HTTP 400", 400, "m-1"),
        ([2], "events", "events: HTTP 400", 400, "m-1"),
        ([2], "logs", "logs: HTTP 400", 400, "m-1"),
    ]


def test_what_is_left_waits_as_long_as_datadog_asked() -> None:
    asked = RETRY._replace(retry_after=60.0)
    assert settled(entry(1, events=asked), entry(2, events=RETRY)) == Settlement(comes_back=True, retry_after=60.0)
    assert settled(entry(1, events=asked), entry(2, events=ACCEPTED)).retry_after == 60.0


def test_generations_are_counted() -> None:
    second = NOTIFICATION._replace(generation=1)
    (remainder,) = settled(entry(1, second, events=RETRY), entry(2, second, events=ACCEPTED)).remainders
    (again,) = open_envelope(json.loads(remainder.body))
    assert (remainder.generation, again.entries[0].notification.generation) == (2, 2)


@pytest.mark.parametrize("most", [1, 2, 7, 100])
def test_a_split_record_has_the_same_events_in_smaller_messages(most: int) -> None:
    (record,) = open_envelope({"Records": [sqs_record([*({"EventID": number} for number in range(9)), 1, "x"])]})
    settlement = split(record, DESTINATIONS, most_entries=most)
    messages = [json.loads(json.loads(body)["Message"]) for body, _ in settlement.remainders]
    assert [event["EventID"] for message in messages for event in message] == list(range(9))
    assert max(map(len, messages)) <= most and not settlement.comes_back
    assert [json.loads(json.loads(refusal.body)["Message"]) for refusal in settlement.refusals] == [[1, "x"]]


def test_a_split_record_is_owed_to_those_that_have_not_accepted_it() -> None:
    record = Record("r-1", (entry(1, events=ACCEPTED), entry(2), entry(3, events=ACCEPTED, logs=ACCEPTED)))
    settlement = split(record, DESTINATIONS, most_entries=7)
    assert [contents(body) for body, _ in settlement.remainders] == [([1], "logs"), ([2], "events,logs")]


def test_what_is_no_event_is_kept_as_it_came() -> None:
    assert settled(Entry(NOTIFICATION, text="not JSON", problem="no JSON"), entry(1, events=ACCEPTED)) == Settlement(
        refusals=(Refusal(notification_body(NOTIFICATION, "not JSON"), "no JSON", None, "m-1"),)
    )
    (refusal,) = settled(Entry(Notification(), text="not JSON", problem="no JSON")).refusals
    assert refusal.origin == "r-1"


@pytest.mark.parametrize(("length", "alone"), [(200_000, False), (LARGEST_BODY, True)])
def test_what_does_not_fit_with_its_notification_is_kept_alone(length: int, alone: bool) -> None:
    text = "x" * (length - 1) + "\ud800"
    (refusal,) = settled(Entry(NOTIFICATION, text=text, problem="no JSON")).refusals
    if alone:
        assert refusal.body == "x" * (length - 1) + "\ufffd"
    else:
        assert json.loads(refusal.body)["Message"] == text


@pytest.mark.parametrize("text", ["\ud800", "\uffff", "\ufffe", "ü", "\x00", "\U0001f600"])
def test_compact_json_is_legal_in_sqs_and_says_the_same(text: str) -> None:
    encoded = compact({"a": [text, 1]})
    encoded.encode()
    assert json.loads(encoded) == {"a": [text, 1]}
    assert not set(encoded) & set("\x00\ud800\ufffe\uffff ")


class World:
    """A queue, a dead-letter queue and Datadog, with the payload's decisions between them."""

    def __init__(self, messages: list[list[Any]]) -> None:
        self.queue = [
            sqs_record(message, record_id=f"r-{n}", message_id=f"m-{n}") for n, message in enumerate(messages)
        ]
        self.accepted: Counter[tuple[str, Any]] = Counter()
        self.refused: Counter[tuple[str, Any]] = Counter()
        self.not_events = 0

    def invoke(self, data: st.DataObject, *, last: bool) -> None:
        """Each message of the queue once, with any answers; on the last round Datadog takes all."""
        batch, self.queue = self.queue, []
        for raw in batch:
            (record,) = open_envelope({"Records": [raw]})
            for entry in record.entries:
                self._send(entry, data, last=last)
            self._carry_out(raw, record)

    def _send(self, entry: Entry, data: st.DataObject, *, last: bool) -> None:
        for destination in DESTINATIONS:
            if entry.properties is not None and entry.is_open(destination, DESTINATIONS):
                outcome = Outcome.ACCEPTED if last else data.draw(OUTCOMES)
                entry.answers[destination] = Answer(outcome, reason=outcome.value)
                if outcome is Outcome.ACCEPTED:
                    self.accepted[destination, entry.properties["EventID"]] += 1

    def _carry_out(self, raw: Any, record: Record) -> None:
        settlement = settle(record)
        if settlement.comes_back:
            assert not settlement.refusals and not settlement.remainders
            self.queue.append(raw)
        for number, (body, generation) in enumerate(settlement.remainders):
            (one, *_) = record.entries
            assert generation == one.notification.generation + 1
            assert len(body.encode()) <= LARGEST_BODY
            self.queue.append({"eventSource": "aws:sqs", "messageId": f"{raw['messageId']}.{number}", "body": body})
        for refusal in settlement.refusals:
            (again,) = open_envelope(json.loads(refusal.body) if refusal.body.startswith("{") else refusal.body)
            (entry,) = again.entries
            if entry.properties is None:
                self.not_events += 1
            else:
                assert entry.notification.destinations is not None
                self.refused[min(entry.notification.destinations), entry.properties["EventID"]] += 1


@settings(max_examples=200)
@given(st.lists(st.lists(st.sampled_from(["event", "text"]), max_size=6), max_size=4), st.data())
def test_each_event_is_settled_exactly_once_at_each_destination(shape: list[list[str]], data: st.DataObject) -> None:
    number = 0
    messages: list[list[Any]] = [
        [{"EventID": (number := number + 1)} if element == "event" else "text" for element in message]
        for message in shape
    ]
    world = World(messages)
    for invocation in range(INVOCATIONS):
        world.invoke(data, last=invocation == INVOCATIONS - 1)
        settled = world.accepted + world.refused
        assert all(count == 1 for count in settled.values())
    assert not world.queue
    assert len(world.accepted + world.refused) == number * len(DESTINATIONS)
    assert world.not_events == sum("text" in message for message in shape), "those of a message are one refusal"


@settings(max_examples=30)
@given(st.integers(2, 40), st.sampled_from(["a", "ü", "\U0001f600", '"', "\\", "\x01", "\ud800"]), st.integers(1, 9000))
def test_remainders_fit_whatever_they_hold(count: int, character: str, length: int) -> None:
    events = [{"EventID": number, "D": character * length} for number in range(count)]
    (record,) = open_envelope({"Records": [sqs_record(events)]})
    for number, entry in enumerate(record.entries):
        entry.answers["events"] = Answer(Outcome.RETRY if number else Outcome.ACCEPTED)
    bodies = settle(record).remainders
    assert [event for body, _ in bodies for event in json.loads(json.loads(body)["Message"])] == events[1:]
    assert all(len(body.encode()) <= LARGEST_BODY for body, _ in bodies)
