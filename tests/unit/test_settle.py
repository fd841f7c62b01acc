"""The decisions about a record as a state machine: each event is settled exactly once, or still there."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.deliver import Answer, Outcome
from deep_security_datadog.envelope import Record, open_envelope
from deep_security_datadog.settle import LARGEST_BODY, Handled, settle
from tests.payload import sqs_record

OUTCOMES = st.sampled_from(Outcome)
DESTINATIONS = ("events", "logs")
ROUNDS = 12


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
            handled = [self._deliver(entry, data, last=last) for entry in record.entries]
            self._carry_out(raw, record, handled)

    def _deliver(self, entry: Any, data: st.DataObject, *, last: bool) -> Handled:
        answers = {}
        for destination in DESTINATIONS if entry.properties is not None else ():
            if entry.notification.destinations is None or destination in entry.notification.destinations:
                outcome = Outcome.ACCEPTED if last else data.draw(OUTCOMES)
                answers[destination] = Answer(outcome=outcome, reason=outcome.value)
                if outcome is Outcome.ACCEPTED:
                    self.accepted[destination, entry.properties["EventID"]] += 1
        return Handled(entry=entry, answers=answers)

    def _carry_out(self, raw: Any, record: Record, handled: list[Handled]) -> None:
        settlement = settle(record, handled)
        if settlement.comes_back:
            assert not settlement.refusals and not settlement.remainders
            self.queue.append(raw)
        for number, body in enumerate(settlement.remainders):
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


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["event", "text"]), max_size=6), max_size=4), st.data())
def test_each_event_is_settled_exactly_once_at_each_destination(shape: list[list[str]], data: st.DataObject) -> None:
    number = 0
    messages: list[list[Any]] = [
        [{"EventID": (number := number + 1)} if kind == "event" else "text" for kind in kinds] for kinds in shape
    ]
    world = World(messages)
    for turn in range(ROUNDS):
        world.invoke(data, last=turn == ROUNDS - 1)
        settled = world.accepted + world.refused
        assert all(count == 1 for count in settled.values())
    assert not world.queue
    assert len(world.accepted + world.refused) == number * len(DESTINATIONS)
    assert world.not_events == sum(kinds.count("text") for kinds in shape)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.sampled_from(["a", "ü", "\U0001f600", '"', "\\", "\x01", "\ud800"]), st.integers(1, 9000))
def test_remainders_fit_whatever_they_hold(count: int, character: str, length: int) -> None:
    events = [{"EventID": number, "D": character * length} for number in range(count)]
    (record,) = open_envelope({"Records": [sqs_record(events)]})
    first, *rest = record.entries
    handled = [Handled(entry=first, answers={"events": Answer(outcome=Outcome.ACCEPTED)})]
    handled += [Handled(entry=entry, answers={"events": Answer(outcome=Outcome.RETRY)}) for entry in rest]
    bodies = settle(record, handled).remainders
    assert [event for body in bodies for event in json.loads(json.loads(body)["Message"])] == events[1:]
    assert all(len(body.encode()) <= LARGEST_BODY for body in bodies)
