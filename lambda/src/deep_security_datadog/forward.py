"""Forwards records: filter, fold, send, settle. Composition only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from .accepted_cache import AcceptedCache
from .api_key import ApiKey, reader
from .datadog_client import DatadogClient
from .destinations import DESTINATIONS, Batch
from .envelope import Record
from .event import Event
from .fold import Item, fold
from .outcome import Outcome
from .queues import NotSent, Queues
from .report import Report
from .settings import Settings
from .settle import Settlement, settle
from .tags import configured_tags
from .text import Context


class NotDelivered(Exception):
    """Something that no queue keeps was not delivered: Lambda has to try again."""


class Forwarder:
    """What lives as long as the execution environment."""

    def __init__(self, settings: Settings, client: DatadogClient, queues: Queues) -> None:
        self._settings = settings
        self._client = client
        self._queues = queues
        self._accepted = AcceptedCache()
        self._tags = configured_tags(settings.tags)

    @classmethod
    def from_settings(cls, settings: Settings) -> Forwarder:
        """Makes no network call."""
        read = reader(secret_arn=settings.api_key_secret_arn, parameter=settings.api_key_ssm_name)
        return cls(
            settings,
            DatadogClient(ApiKey(read, reload_interval=settings.api_key_reload_interval)),
            Queues(queue_url=settings.queue_url, dead_letter_queue_url=settings.dead_letter_queue_url),
        )

    def forward(
        self, records: Sequence[Record], *, seconds_left: Callable[[], float], request_id: str
    ) -> dict[str, Any]:
        """Sends and settles all records; see `handler.lambda_handler` for the result and what it raises.

        seconds_left: until Lambda ends the invocation. request_id: Lambda's, for the log.
        """
        report = Report(request_id, self._settings.log_level, by_destination=len(self._settings.destinations) > 1)
        context = Context(now=datetime.now(UTC), tags=self._tags, console_url=self._settings.console_url)
        self._accepted.restore(records)
        self._send(self._batches(records, context, report), context, seconds_left)
        returned = [record for record in records if not self._settle(record, report)]
        report.close(records, failed=len(returned))
        if any(record.record_id is None for record in returned):
            raise NotDelivered(report.summary())
        return {"batchItemFailures": [{"itemIdentifier": record.record_id} for record in returned]}

    def _batches(self, records: Sequence[Record], context: Context, report: Report) -> list[Batch]:
        """The requests for all that is wanted anywhere."""
        items_by_record = [list(_items(record)) for record in records]
        for items in items_by_record:
            for item in items:
                report.received(item.event, context.now)
        batches: list[Batch] = []
        # Logs first: they are few requests, and do not wait behind many events that Datadog may not take.
        for name, chosen in reversed(list(self._settings.destinations.items())):
            wanted = [item for items in items_by_record for item in self._wanted(name, items, report)]
            batches.extend(DESTINATIONS[name].batches(chosen.url, wanted, context))
        return batches

    def _wanted(self, destination: str, items: Sequence[Item], report: Report) -> Sequence[Item]:
        """The items of a record to send to the destination."""
        chosen = self._settings.destinations[destination].filter
        wanted = []
        for item in items:
            if all(entry.is_open(destination) for entry in item.entries):
                if reason := chosen.reason_to_drop(item.event):
                    report.filtered(destination, reason)
                else:
                    wanted.append(item)
        if not chosen.fold_repeats:
            return wanted
        folded = fold(wanted)
        report.folded(destination, len(wanted) - len(folded))
        return folded

    def _send(self, batches: Sequence[Batch], context: Context, seconds_left: Callable[[], float]) -> None:
        """Sends the batches and gives each entry its answer."""
        while batches:
            answers = self._client.send((batch.request for batch in batches), seconds_left=seconds_left)
            again: list[Batch] = []
            for batch, answer in zip(batches, answers, strict=True):
                if answer.outcome is Outcome.REFUSED and len(batch.items) > 1:
                    # Halves until what is wrong with one item does not cost the others.
                    middle = len(batch.items) // 2
                    again.extend(self._rebatched(batch, batch.items[:middle], context))
                    again.extend(self._rebatched(batch, batch.items[middle:], context))
                else:
                    for item in batch.items:
                        for entry in item.entries:
                            entry.answers[batch.destination] = answer
            batches = again

    def _rebatched(self, batch: Batch, items: Sequence[Item], context: Context) -> Iterator[Batch]:
        base_url = self._settings.destinations[batch.destination].url
        return DESTINATIONS[batch.destination].batches(base_url, items, context)

    def _settle(self, record: Record, report: Report) -> bool:
        """Carries the settlement out; False if the record has to come back."""
        report.answered(record)
        settlement = settle(record)
        try:
            self._queues.carry_out(settlement)
        except NotSent as error:
            report.warning("not put into the queue, so the message comes back as a whole", record, reason=str(error))
            settlement = Settlement(comes_back=True)
        if settlement.comes_back:
            self._accepted.keep(record)
        else:
            report.settled(record, settlement)
        return not settlement.comes_back


def _items(record: Record) -> Iterator[Item]:
    for entry in record.entries:
        if entry.properties is not None:
            yield Item(Event(entry.properties), (entry,))
