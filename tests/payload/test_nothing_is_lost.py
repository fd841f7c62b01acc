"""A state machine: whatever is sent, whoever answers and whenever time is up, no event is lost and none arrives twice.

Real but for the network and the queues: a strict SQS, and a sender with random answers.
"""

import contextlib
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import count, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_security_datadog.aws import envelope
from deep_security_datadog.aws.delivery import notification_body
from deep_security_datadog.aws.envelope import Notification, Record
from deep_security_datadog.aws.queues import Queues
from deep_security_datadog.datadog.request import Request
from deep_security_datadog.forward import Forwarder, NotDelivered
from deep_security_datadog.outcome import Answer, Outcome
from deep_security_datadog.settings import Settings
from tests.strict_sqs import DEAD_LETTER_QUEUE, QUEUE, error, instead_of_aws
from tests.support import FakeSender, in_sqs, sns_record

DESTINATIONS = ("events", "logs")
FILTERED = {"filter": {"event_types": ["SystemEvent"]}}
# In bytes, so that some of what goes back has to be split.
LARGEST = 16_384
# Events that an invocation takes of a record.
SHARE = 3
MANY = 10_000
INVOCATIONS = 6
ATTEMPTS_OF_LAMBDA = 3

# An element is known by the number in it, and owed to a destination; None if it is no event.
Owed = tuple[str, str | None]

_MARK = re.compile(r"#\d+#")
_NESTED = "[" * 150 + "]" * 150
_ELEMENTS: dict[str, Callable[[str], str]] = {
    "event": lambda mark: f'{{"EventType":"SystemEvent","Title":"{mark}"}}',
    "unwanted": lambda mark: f'{{"EventType":"PacketLog","Title":"{mark}"}}',
    "odd": lambda mark: (
        f'{{ "Title" :"{mark}","EventType":"SystemEvent", "N":1e15,"N": 1.0 ,"T":"\\u00e9\\/é\\u0001\\ud800]}},[{{" }}'
    ),
    "long": lambda mark: f'{{"EventType":"SystemEvent","Title":"{mark}","D":"{"x" * 1_500}"}}',
    "large": lambda mark: f'{{"EventType":"SystemEvent","Title":"{mark}","D":"{"é" * 6_000}"}}',
    "text": lambda mark: f'"{mark}"',
    "list": lambda mark: f'["{mark}"]',
}
_FORMS: dict[str, Callable[[str, Notification], str]] = {
    "notification": lambda text, sns: notification_body(sns, text),
    "raw": lambda text, _: text,
    "deep": lambda text, sns: notification_body(sns, f'[{{"D":{_NESTED}}}, {text.strip()[1:]}'),
    "nested": lambda text, sns: notification_body(sns, notification_body(Notification("forged"), text)),
    "redriven": lambda text, sns: json.dumps(_failed(_direct(text, sns))),
    "by EventBridge": lambda text, sns: json.dumps({"detail-type": "", "detail": _failed(_direct(text, sns))}),
}

MESSAGES = st.lists(
    st.tuples(st.sampled_from([*_FORMS]), st.lists(st.sampled_from([*_ELEMENTS]), max_size=9)), max_size=5
)


def _failed(payload: object) -> dict[str, Any]:
    """Lambda's record of a failed invocation."""
    return {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": payload, "responseContext": {}}


def _direct(text: str, sns: Notification) -> dict[str, Any]:
    return {"Records": [sns_record(text, sns.message_id)]}


class RandomSender(FakeSender):
    """Answers for each item alone."""

    def __init__(self, answer: Callable[[str, str], Answer]) -> None:
        super().__init__()
        self._answer = answer

    def send(
        self, requests: Iterable[Request], *, seconds_left: Callable[[], float] = lambda: 60
    ) -> Iterator[tuple[Request, Answer]]:
        for request in requests:
            for item in request.items:
                one = request._replace(items=(item,))
                one.body()
                yield one, self._answer(str(item.event.properties["Title"]), request.destination.name)


class World:
    """Two queues and Datadog, with the payload between them. random: of what happens; everything is well without."""

    def __init__(self, patch: pytest.MonkeyPatch, seed: int, *, is_direct: bool = False) -> None:
        self.random: random.Random | None = random.Random(seed)
        self.accepted: Counter[Owed] = Counter()
        self.written: dict[str, str] = {}
        self._kept_whole: set[str] = set()
        self.waiting = 0
        # How often time is up before an invocation is done.
        self.hurry = 0.3
        self._is_well = True
        self._acknowledged: list[dict[str, Any]] = []
        self.sqs = instead_of_aws(patch, largest=LARGEST, largest_batch=LARGEST)
        self.sqs.fault = lambda: error("SendMessageBatch", "ServiceUnavailable") if self._fails(0.15) else None
        self.sqs.fails = lambda: "InternalError" if self._fails(0.1) else ""
        real = envelope.read
        # The same at each receive: what was accepted beyond another share is sent again (docs/delivery.md).
        patch.setattr(envelope, "read", lambda raw, most: real(raw, min(most, SHARE)))
        self._read: Callable[[object, int], Record] = real
        queue = None if is_direct else QUEUE
        queues = Queues(
            queue_url=queue, dead_letter_queue_url=DEAD_LETTER_QUEUE, visibility_timeout=180, largest=LARGEST
        )
        destinations = json.dumps(dict.fromkeys(DESTINATIONS, FILTERED))
        environment = {"DD_API_KEY_SSM_NAME": "/datadog", "DESTINATIONS": destinations}
        self._forwarder = Forwarder(Settings.from_environment(environment), RandomSender(self._answer), queues)

    def message(self, elements: Iterable[str], form: str, sns: Notification) -> str:
        """A message of these elements, or as many of them as fit."""
        marks = (f"#{number}#" for number in count(len(self.written)))
        written = {mark: _ELEMENTS[element](mark) for mark, element in zip(marks, elements, strict=False)}
        while len((body := _FORMS[form](f" [{' ,'.join(written.values())}\n]", sns)).encode()) > LARGEST:
            written.popitem()
        self.written |= written
        self._kept_whole.update(written if form == "deep" else ())
        return body

    def forward(self, payload: object) -> list[str]:
        """The ids of the records that come back. `waiting` is what the metric says then."""
        self._is_well = True
        left = iter([60.0] * self.random.randrange(60)) if self.random and self._chance(self.hurry) else repeat(60.0)

        def seconds_left() -> float:
            seconds = next(left, 0.0)
            self._is_well &= seconds > 0
            return seconds

        with contextlib.redirect_stdout(io.StringIO()) as output:
            try:
                answer = self._forwarder.forward(payload, seconds_left=seconds_left, request_id="q")
            finally:
                self.waiting = json.loads(output.getvalue().splitlines()[-1]).get("Waiting", 0)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def invoke(self) -> None:
        """Hands over the messages of the queue, ten at a time, some of them twice."""
        ids = list(self.sqs.queues[QUEUE])
        for start in range(0, len(ids), 10):
            batch = self.sqs.receive(QUEUE, ids[start : start + 10])
            before, settled = set(self.sqs.queues[QUEUE]), self.settled()
            again = [one for one in (*batch, *self._acknowledged[-3:]) if self._chance(0.2)]
            failed = self.forward({"Records": [*batch, *again]})
            assert len(set(failed)) == len(failed)
            added = [one for name, one in self.sqs.queues[QUEUE].items() if name not in before]
            received = [set(self.contents(raw["body"])) for raw in batch]
            for one in added:
                owed = set(self.contents(one.body))
                assert any(owed < whole for whole in received), "what goes back is smaller than what came"
            assert self.waiting >= len(failed) + len(added), "what waits is counted"
            assert bool(self.waiting) == bool(failed or added)
            newly = (self.settled() - settled).keys()
            for raw in batch:
                if raw["messageId"] in failed:
                    was_touched = newly & set(self.contents(raw["body"]))
                    assert not (self._is_well and was_touched), "only what is untouched waits"
                else:
                    self.sqs.delete(QUEUE, raw["messageId"])
                    self._acknowledged.append(raw)

    def redrive(self) -> None:
        """Moves what is in the dead-letter queue back, which gives it other ids."""
        for one in self.sqs.stored(DEAD_LETTER_QUEUE):
            self.sqs.put(QUEUE, one.body)
            self.sqs.delete(DEAD_LETTER_QUEUE, one.message_id)

    def contents(self, body: str) -> Iterator[Owed]:
        """What a message holds, and to whom it is owed. Each element is as it was written."""
        for entry in self._read(in_sqs(body), MANY).entries:
            owed = [None] if entry.properties is None else entry.notification.destinations or DESTINATIONS
            for mark in _MARK.findall(entry.text):
                assert self.written[mark] in ([entry.text] if entry.properties else entry.text)
                yield from ((mark, name) for name in owed)

    def held(self, url: str) -> Counter[Owed]:
        return Counter(owed for one in self.sqs.stored(url) for owed in self.contents(one.body))

    def owed(self) -> set[Owed]:
        """What has to be settled: each event at each destination, each element that is none."""
        found: set[Owed] = set()
        for mark, text in self.written.items():
            is_event = text.startswith("{") and mark not in self._kept_whole
            if not is_event or "PacketLog" not in text:
                found.update((mark, name) for name in (DESTINATIONS if is_event else [None]))
        return found

    def settled(self) -> Counter[Owed]:
        return self.accepted + self.held(DEAD_LETTER_QUEUE)

    def check(self) -> None:
        settled = self.settled()
        assert all(count == 1 for count in settled.values()), "nothing is settled twice"
        assert self.owed() >= settled.keys(), "what is filtered out goes nowhere"
        assert self.owed() <= settled.keys() | self.held(QUEUE).keys(), "nothing is lost"

    def _chance(self, probability: float) -> bool:
        return self.random is not None and self.random.random() < probability

    def _fails(self, probability: float) -> bool:
        fails = self._chance(probability)
        self._is_well &= not fails
        return fails

    def _answer(self, mark: str, destination: str) -> Answer:
        outcome = self.random.choice([*Outcome]) if self.random else Outcome.ACCEPTED
        self.accepted[mark, destination] += outcome is Outcome.ACCEPTED
        return Answer(outcome, reason=outcome.value)


@settings(max_examples=200)
@given(MESSAGES, st.integers(0, 2**32))
def test_each_event_is_settled_exactly_once_at_each_destination(
    messages: list[tuple[str, list[str]]], seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        world = World(patch, seed)
        for number, (form, elements) in enumerate(messages):
            world.sqs.put(QUEUE, world.message(elements, form, Notification(f"m-{number}")))
        for _ in range(INVOCATIONS):
            world.invoke()
            world.check()
            if world._chance(0.2):
                world.redrive()
        world.random = None
        while world.sqs.queues[QUEUE]:
            before = world.held(QUEUE).total(), len(world.sqs.queues[QUEUE])
            world.invoke()
            world.check()
            after = world.held(QUEUE).total(), len(world.sqs.queues[QUEUE])
            assert after < before, "each receive makes the queue shorter when all is well"
        assert world.settled() == Counter(world.owed())


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*_ELEMENTS]), min_size=1, max_size=9), st.integers(0, 2**32))
def test_of_a_direct_delivery_each_event_is_accepted_or_kept(elements: list[str], seed: int) -> None:
    """By the function, or in Lambda's record after its last attempt, which then fits into the queue."""
    with pytest.MonkeyPatch.context() as patch:
        world, sns = World(patch, seed, is_direct=True), Notification("m-1")
        payload = _direct(world.message(elements, "raw", sns), sns)
        for attempt in range(ATTEMPTS_OF_LAMBDA):
            if attempt == ATTEMPTS_OF_LAMBDA - 1:
                world.hurry, world.sqs.fault, world.sqs.fails = 0, lambda: None, lambda: ""
            try:
                assert world.forward(payload) == []
                assert not world.waiting
                break
            except NotDelivered:
                assert world.waiting
        kept = world.held(DEAD_LETTER_QUEUE)
        assert all(count == 1 for count in (world.accepted + kept).values()), "nothing is settled twice"
        if world.waiting:
            record = json.dumps(_failed(payload))
            assert len(record.encode()) <= LARGEST
            kept.update(world.contents(record))
        assert (world.accepted + kept).keys() >= world.owed(), "nothing is lost"
