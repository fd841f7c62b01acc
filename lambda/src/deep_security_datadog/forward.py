"""From opened records to settled ones: the composition of filter, render, deliver and settle."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from typing import Any

from . import render
from .api_key import ApiKey, reader
from .deliver import Answer, Courier, Outcome
from .destinations import PACK, Dispatch, Item, halves
from .envelope import Entry, Record
from .event import Event
from .fold import Repeats, fold, identity
from .memory import Answers, Memory
from .queues import NotSent, Queues
from .report import Report
from .settings import Settings
from .settle import Handled, Settlement, settle


class NotDelivered(Exception):
    """Something that no queue keeps was not delivered: Lambda has to try again."""


class Forwarder:
    """Holds what lives as long as the execution environment."""

    def __init__(self, settings: Settings, courier: Courier, queues: Queues) -> None:
        self._settings = settings
        self._courier = courier
        self._queues = queues
        self._memory = Memory()

    @classmethod
    def from_settings(cls, settings: Settings) -> Forwarder:
        """Makes no network call."""
        key = ApiKey(reader(settings), reload_interval=settings.api_key_reload_interval)
        return cls(
            settings,
            Courier(key, concurrent_requests=settings.concurrent_requests),
            Queues(queue_url=settings.queue_url, dead_letter_queue_url=settings.dead_letter_queue_url),
        )

    def forward(
        self, records: Sequence[Record], *, seconds_left: Callable[[], float], request_id: str
    ) -> dict[str, Any]:
        """Delivers and settles all records; see `handler.lambda_handler` for what it returns and raises."""
        several = len(self._settings.destinations) > 1
        report = Report(request_id, self._settings.log_level, by_destination=several)
        known = self._memory.answers(records)
        answers = known | self._deliver(self._dispatches(records, known, report), seconds_left)
        failed = [
            record
            for record, handled in zip(records, _handled(records, answers), strict=True)
            if not self._settled(record, handled, report)
        ]
        report.close(records, failed=len(failed))
        if any(record.record_id is None for record in failed):
            raise NotDelivered(report.summary())
        return {"batchItemFailures": [{"itemIdentifier": record.record_id} for record in failed]}

    def _deliver(self, dispatches: Sequence[Dispatch], seconds_left: Callable[[], float]) -> Answers:
        answers: Answers = {}
        while dispatches:
            given = self._courier.deliver((dispatch.parcel for dispatch in dispatches), seconds_left=seconds_left)
            again: list[Dispatch] = []
            for dispatch, answer in zip(dispatches, given, strict=True):
                if answer.outcome is Outcome.REFUSED and len(dispatch.items) > 1:
                    again.extend(halves(self._settings.destinations[dispatch.destination].url, dispatch))
                else:
                    answers.update(_by_entry(dispatch, answer))
            dispatches = again
        return answers

    def _dispatches(self, records: Sequence[Record], known: Answers, report: Report) -> list[Dispatch]:
        now = datetime.now(UTC)
        items = [
            self._item(record_number, entry_number, entry, now)
            for record_number, record in enumerate(records)
            for entry_number, entry in enumerate(record.entries)
            if entry.properties is not None
        ]
        for item in items:
            report.received(item.event, now)
        dispatches: list[Dispatch] = []
        # Logs first: they are few requests, and do not wait behind many events that are perhaps not taken.
        for name, destination in reversed(list(self._settings.destinations.items())):
            open_items = [item for item in items if (item.record, item.entry, name) not in known]
            wanted = [item for item in open_items if self._wanted(name, item, report)]
            if destination.filter.fold_repeats:
                wanted = _folded(wanted)
                report.folded(name, sum(len(item.folded) for item in wanted))
            dispatches.extend(PACK[name](destination.url, wanted))
        return dispatches

    def _item(self, record: int, number: int, entry: Entry, now: datetime) -> Item:
        context = render.Context(
            now=now,
            notification=entry.notification,
            tags=self._settings.tags,
            console_url=self._settings.console_url,
        )
        return Item(record, number, Event(entry.properties or {}), context)

    def _wanted(self, destination: str, item: Item, report: Report) -> bool:
        owed = item.context.notification.destinations
        if owed is not None and destination not in owed:
            return False
        reason = self._settings.destinations[destination].filter.reason_to_drop(item.event)
        if reason:
            report.filtered(destination, reason)
        return not reason

    def _settled(self, record: Record, handled: Sequence[Handled], report: Report) -> bool:
        """Carries the settlement out; False when the record has to come back."""
        report.outcomes(handled)
        settlement = settle(record, handled)
        if record.record_id is None and settlement.remainders:
            # Without a queue there is nowhere to put a remainder: Lambda brings the whole record again, refusals too.
            settlement = Settlement(comes_back=True)
        try:
            self._queues.carry_out(settlement)
        except NotSent as error:
            report.warning("not put into the queue, so the message comes back as a whole", record, reason=str(error))
            settlement = Settlement(comes_back=True)
        if settlement.comes_back:
            self._memory.keep(record, handled)
        else:
            report.settled(record, settlement)
        return not settlement.comes_back


def _folded(items: Sequence[Item]) -> list[Item]:
    """Identical events of one message as one item, which is the first of them and answers for all."""
    return [_standing_for(members) for members in fold(items, _fold_key)]


def _fold_key(item: Item) -> Hashable | None:
    known = identity(item.event)
    # A record from a redrive can hold several messages; the notification tells them apart.
    return None if known is None else (item.record, item.context.notification, known)


def _standing_for(members: Sequence[Item]) -> Item:
    first, *others = members
    if not others:
        return first
    repeats = Repeats.of(member.event for member in members)
    context = first.context._replace(repeats=repeats)
    return first._replace(context=context, folded=tuple(other.entry for other in others))


def _by_entry(dispatch: Dispatch, answer: Answer) -> Answers:
    """The answer to a request as that of each entry it carries, folded ones included."""
    return {
        (item.record, entry, dispatch.destination): answer
        for item in dispatch.items
        for entry in (item.entry, *item.folded)
    }


def _handled(records: Sequence[Record], answers: Answers) -> list[list[Handled]]:
    by_entry: dict[tuple[int, int], dict[str, Answer]] = {}
    for (record_number, entry_number, destination), answer in answers.items():
        by_entry.setdefault((record_number, entry_number), {})[destination] = answer
    return [
        [
            Handled(entry=entry, answers=by_entry.get((record_number, entry_number), {}))
            for entry_number, entry in enumerate(record.entries)
        ]
        for record_number, record in enumerate(records)
    ]
