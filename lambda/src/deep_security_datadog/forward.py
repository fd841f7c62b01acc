"""From opened records to settled ones: the composition of filter, render, deliver and settle."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from . import render
from .api_key import ApiKey, reader
from .deliver import Answer, Courier, Parcel
from .envelope import Entry, Record
from .event import Event
from .queues import NotSent, Queues
from .report import Report
from .settings import Settings
from .settle import Handled, Settlement, settle

# The text of an event that Datadog found too large, in characters.
_SHORT_TEXT = 1000


class NotDelivered(Exception):
    """Something that no queue keeps was not delivered: Lambda has to try again."""


@dataclass(frozen=True)
class _Dispatch:
    """A parcel and which entry it is of: record number, entry number, destination."""

    record: int
    entry: int
    destination: str
    parcel: Parcel


class Forwarder:
    """Holds what lives as long as the execution environment."""

    def __init__(self, settings: Settings, courier: Courier, queues: Queues) -> None:
        self._settings = settings
        self._courier = courier
        self._queues = queues

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
        report = Report(request_id, self._settings.log_level)
        dispatches = self._dispatches(records, report)
        answers = self._courier.deliver((item.parcel for item in dispatches), seconds_left=seconds_left)
        failed = [
            record
            for record, handled in zip(records, _handled(records, dispatches, answers), strict=True)
            if not self._settled(record, handled, report)
        ]
        report.close(dispatches=len(dispatches), failed=len(failed))
        if any(record.record_id is None for record in failed):
            raise NotDelivered(report.summary())
        return {"batchItemFailures": [{"itemIdentifier": record.record_id} for record in failed]}

    def _dispatches(self, records: Sequence[Record], report: Report) -> list[_Dispatch]:
        now = datetime.now(UTC)
        return [
            _Dispatch(record_number, entry_number, destination, parcel)
            for record_number, record in enumerate(records)
            for entry_number, entry in enumerate(record.entries)
            for destination, parcel in self._parcels(entry, now, report)
        ]

    def _parcels(self, entry: Entry, now: datetime, report: Report) -> list[tuple[str, Parcel]]:
        if entry.properties is None:
            return []
        event = Event(entry.properties)
        report.received(event, now)
        parcels = []
        for destination in self._settings.destinations:
            owed = entry.notification.destinations
            if owed is not None and destination not in owed:
                continue
            if reason := self._settings.filters[destination].reason_to_drop(event):
                report.filtered(destination, reason)
            else:
                parcels.append((destination, self._parcel(event, entry, now)))
        return parcels

    def _parcel(self, event: Event, entry: Entry, now: datetime) -> Parcel:
        context = render.Context(
            now=now,
            notification=entry.notification,
            tags=self._settings.tags,
            console_url=self._settings.console_url,
        )
        body = partial(_event_body, event, context)
        return Parcel(
            url=f"{self._settings.api_url}/api/v1/events",
            body=body(render.LONGEST_TEXT),
            smaller=partial(body, _SHORT_TEXT),
        )

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
            return False
        report.settled(record, settlement)
        return not settlement.comes_back


def _event_body(event: Event, context: render.Context, longest_text: int) -> bytes:
    return json.dumps(render.datadog_event(event, context, longest_text=longest_text), separators=(",", ":")).encode()


def _handled(
    records: Sequence[Record], dispatches: Sequence[_Dispatch], answers: Sequence[Answer]
) -> list[list[Handled]]:
    by_entry: dict[tuple[int, int], dict[str, Answer]] = {}
    for item, answer in zip(dispatches, answers, strict=True):
        by_entry.setdefault((item.record, item.entry), {})[item.destination] = answer
    return [
        [
            Handled(entry=entry, answers=by_entry.get((record_number, entry_number), {}))
            for entry_number, entry in enumerate(record.entries)
        ]
        for record_number, record in enumerate(records)
    ]
