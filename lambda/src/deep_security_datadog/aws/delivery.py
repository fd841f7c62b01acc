"""A record on its way: what is owed to whom, the answers, and what goes to a queue once the last one is in.

An entry is owed to a destination until that accepts it, its filter drops it, or, if it is refused for good, the
dead-letter queue has it. A record that owes nothing is settled; else it waits in the queue, whole or as a remainder.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, groupby
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from deep_security_datadog.outcome import Answer, Outcome

from . import message
from .envelope import DESTINATIONS_ATTRIBUTE, GENERATION_ATTRIBUTE, Notification, Record

# The place of an entry in its record, and a destination. None for what is no event, and for what is beyond the share of
# this invocation: that is owed to a queue.
Debt: TypeAlias = tuple[int, str | None]
# Of an attribute's value, in characters.
_LONGEST_REASON = 500
_DATA_TYPE = "String"


class Outgoing(NamedTuple):
    """A message for a queue. debts: those that the queue takes over. attributes: of SQS, not of a notification in it.

    reason: why the dead-letter queue has to keep it. generation: how many remainders led to it, including itself.
    """

    body: str
    debts: tuple[Debt, ...] = ()
    attributes: Mapping[str, str] = MappingProxyType({})
    reason: str = ""
    generation: int = 0

    @property
    def size(self) -> int:
        """Bytes as SQS counts them."""
        texts = [self.body, *self.attributes, *self.attributes.values(), _DATA_TYPE * len(self.attributes)]
        return sum(len(text.encode()) for text in texts)

    def entry(self, seconds: int) -> dict[str, Any]:
        """As SendMessageBatch takes it. seconds: that SQS hides it."""
        attributes = {name: {"DataType": _DATA_TYPE, "StringValue": value} for name, value in self.attributes.items()}
        return {"MessageBody": self.body, "MessageAttributes": attributes, "DelaySeconds": seconds}


class Delivery:
    """The one object of a record that changes. settled: debts settled earlier. largest: bytes that a queue takes.

    answers: of Datadog. awaited: debts without one yet. kept, requeued: what the dead-letter queue and the queue took.
    """

    def __init__(self, record: Record, destinations: Collection[str], settled: Collection[Debt], largest: int) -> None:
        self.record = record
        self.answers: dict[Debt, Answer] = {}
        self.awaited: set[Debt] = set()
        self.kept: list[Outgoing] = []
        self.requeued: list[Outgoing] = []
        self._destinations = frozenset(destinations)
        self._settled = frozenset(settled)
        self._largest = largest

    def is_for(self, place: int, destination: str) -> bool:
        """Whether the destination needs the entry, before any filter."""
        named = self.record.entries[place].notification.destinations
        # A name that is not configured any more is no reason to drop an event.
        is_named = named is None or destination in named or named.isdisjoint(self._destinations)
        return is_named and (place, destination) not in self._settled

    def answer(self, place: int, destination: str, answer: Answer) -> None:
        self.awaited.discard((place, destination))
        self.answers[place, destination] = answer

    @property
    def settled(self) -> frozenset[Debt]:
        """What need not be repeated when the record comes again."""
        accepted = (debt for debt, answer in self.answers.items() if answer.outcome is Outcome.ACCEPTED)
        return self._settled.union(accepted, *(one.debts for one in (*self.kept, *self.requeued)))

    @property
    def debts(self) -> list[Debt]:
        """What is owed, in the order of the entries."""
        entries = enumerate(self.record.entries)
        owed = {*self.answers, *self.awaited, *((place, None) for place, entry in entries if entry.properties is None)}
        return sorted(owed - self.settled, key=lambda debt: (debt[0], debt[1] or ""))

    @property
    def is_whole(self) -> bool:
        """Whether it can wait as it is. One that was cut and owes less than all must not: it would never shrink."""
        owing = {place for place, _ in self.debts}
        return not self.settled and (not self.record.is_cut or len(owing) == len(self.record.entries))

    @property
    def retry_after(self) -> float:
        """Seconds that Datadog asked to wait before what is owed is tried again."""
        return max([answer.retry_after for answer in self.answers.values() if answer.outcome is Outcome.RETRY] or [0])

    def refusals(self) -> Iterator[Outgoing]:
        """What the dead-letter queue has to keep: what Datadog refused for good, and what is no event."""
        for place, name in self.debts:
            entry, answer = self.record.entries[place], self.answers.get((place, name))
            notification, reason, status = entry.notification, entry.problem, None
            if name and answer and answer.outcome is Outcome.REFUSED:
                notification = notification._replace(destinations=frozenset((name,)), generation=0)
                reason, status = f"{name}: {answer.reason}", answer.status
            if reason:
                origin = entry.notification.message_id or self.record.record_id or ""
                attributes = {"status": str(status or ""), "origin": origin}
                yield from self._fitting(notification, [((place, name),)], reason, **attributes)

    def remainders(self, reason: str = "") -> Iterator[Outgoing]:
        """What is owed, as messages for a queue. reason: why that is the dead-letter queue."""
        together: dict[Notification, list[tuple[Debt, ...]]] = {}
        alone: list[tuple[Notification, list[tuple[Debt, ...]]]] = []
        for place, debts in groupby(self.debts, key=lambda debt: debt[0]):
            owing, notification = tuple(debts), self.record.entries[place].notification
            if names := frozenset(name for _, name in owing if name):
                notification = notification._replace(destinations=names, generation=notification.generation + 1)
                together.setdefault(notification, []).append(owing)
            else:
                alone.append((notification, [owing]))
        for notification, group in (*together.items(), *alone):
            yield from self._fitting(notification, group, reason)

    def _fitting(
        self, notification: Notification, owing: Sequence[tuple[Debt, ...]], reason: str, **attributes: str
    ) -> Iterator[Outgoing]:
        """The entries with these debts, in as many messages as needed. Several are events, and go in an array."""
        entries = [self.record.entries[debts[0][0]] for debts in owing]
        texts = [entry.text for entry in entries]
        text = texts[0] if entries[0].properties is None else f"[{','.join(texts)}]"
        named = {"reason": reason, **attributes}
        cut = {name: message.cleaned(value[:_LONGEST_REASON]) for name, value in named.items() if value}
        body = notification_body(notification, text)
        whole = Outgoing(body, tuple(chain(*owing)), cut, reason, notification.generation)
        if len(owing) > 1 and whole.size > self._largest:
            half = len(owing) // 2
            for part in (owing[:half], owing[half:]):
                yield from self._fitting(notification, part, reason, **attributes)
        else:
            yield fitting(whole, texts[0], self._largest)


def fitting(whole: Outgoing, text: str, largest: int) -> Outgoing:
    """The message if it is small enough, else its text alone, as small as it must be. largest: bytes for the queue."""
    # SQS refuses an empty body. Blanks are no longer than what they replace.
    cleaned, blanked = (message.cleaned(text, replacement) or " " for replacement in ("\ufffd", " "))
    bare = whole._replace(attributes={})
    forms = (whole, whole._replace(body=cleaned), bare._replace(body=cleaned), bare._replace(body=blanked))
    return next((form for form in forms if form.size <= largest), forms[-1])


def notification_body(notification: Notification, text: str) -> str:
    """The SQS body as SNS would write it, with the original id and time."""
    message_id, topic_arn, timestamp, destinations, generation = notification
    own = {DESTINATIONS_ATTRIBUTE: ",".join(sorted(destinations or ())), GENERATION_ATTRIBUTE: str(generation or "")}
    attributes = {name: {"Type": _DATA_TYPE, "Value": value} for name, value in own.items() if value}
    envelope = {"Type": "Notification", "MessageId": message_id, "TopicArn": topic_arn, "Message": text}
    others = {"MessageAttributes": attributes} if attributes else {}
    return message.write({**envelope, "Timestamp": timestamp, **others})
