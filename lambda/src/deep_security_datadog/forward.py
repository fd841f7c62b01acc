"""Forwards a Lambda event: admit, filter, fold, send, settle. Composition only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from .accepted_cache import AcceptedCache
from .admission import MOST_SPLIT_ENTRIES, admit
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
from .settle import Settlement, settle, split
from .tags import configured_tags
from .text import Context


class NotDelivered(Exception):
    """Something that no queue keeps was not delivered, so Lambda has to retry."""


class Forwarder:
    """Everything that lives as long as the execution environment."""

    def __init__(self, settings: Settings, client: DatadogClient, queues: Queues) -> None:
        self.settings = settings
        self.client = client
        self.queues = queues
        self.accepted = AcceptedCache()
        self.tags = configured_tags(settings.tags)

    @classmethod
    def from_settings(cls, settings: Settings) -> Forwarder:
        """Makes no network call."""
        read = reader(secret_arn=settings.api_key_secret_arn, parameter=settings.api_key_ssm_name)
        return cls(
            settings,
            DatadogClient(ApiKey(read, reload_interval=settings.api_key_reload_interval)),
            Queues(
                queue_url=settings.queue_url,
                dead_letter_queue_url=settings.dead_letter_queue_url,
                visibility_timeout=settings.queue_visibility_timeout,
            ),
        )

    def forward(self, payload: object, *, seconds_left: Callable[[], float], request_id: str) -> dict[str, Any]:
        """Sends and settles the records of a Lambda event; see `handler.lambda_handler` for the result.

        seconds_left: until Lambda ends the invocation. request_id: Lambda's, for the log.
        """
        return _Invocation(self, seconds_left, request_id).run(payload)


class _Invocation:
    """Handles one Lambda event."""

    def __init__(self, forwarder: Forwarder, seconds_left: Callable[[], float], request_id: str) -> None:
        self._destinations = forwarder.settings.destinations
        self._client = forwarder.client
        self._queues = forwarder.queues
        self._accepted = forwarder.accepted
        self._seconds_left = seconds_left
        self._context = Context(now=datetime.now(UTC), tags=forwarder.tags, console_url=forwarder.settings.console_url)
        self._report = Report(request_id, forwarder.settings.log_level, by_destination=len(self._destinations) > 1)
        self._returned: list[tuple[Record, Settlement]] = []

    def run(self, payload: object) -> dict[str, Any]:
        admission = admit(payload)
        records = [record for record in admission.taken if not self._accepted.is_settled(record)]
        self._accepted.restore(records)
        batches = list(self._batches(records))
        open_items = Counter(item.record for batch in batches for item in batch.items)
        for record in records:
            if not open_items[record]:
                self._settle(record)
        # Settle each record as soon as its last answer is in: the rest may use up the time.
        for item in self._send(batches):
            open_items[item.record] -= 1
            if not open_items[item.record] and item.record:
                self._settle(item.record)
        for raw in admission.oversized:
            self._split(raw)
        return self._result(records)

    def _batches(self, records: Sequence[Record]) -> Iterator[Batch]:
        """The requests to all destinations."""
        items_by_record = [list(_items(record)) for record in records]
        for items in items_by_record:
            for item in items:
                self._report.received(item.event, self._context.now)
        # Logs first: a few requests that need not wait behind many events.
        for name, chosen in reversed(list(self._destinations.items())):
            wanted = [item for items in items_by_record for item in self._wanted(name, items)]
            yield from DESTINATIONS[name].batches(chosen.url, wanted, self._context)

    def _wanted(self, destination: str, items: Sequence[Item]) -> Sequence[Item]:
        """The items of a record that the destination gets."""
        chosen = self._destinations[destination].filter
        wanted = []
        for item in items:
            if all(entry.is_open(destination, self._destinations) for entry in item.entries):
                if reason := chosen.reason_to_drop(item.event):
                    self._report.filtered(destination, reason)
                else:
                    wanted.append(item)
        if not chosen.fold_repeats:
            return wanted
        folded = fold(wanted)
        self._report.folded(destination, len(wanted) - len(folded))
        return folded

    def _send(self, batches: Sequence[Batch]) -> Iterator[Item]:
        """Sends the batches, gives each entry its answer, and yields each item that has one."""
        while batches:
            again: list[Batch] = []
            for batch, answer in self._client.send(batches, seconds_left=self._seconds_left):
                if answer.outcome is Outcome.REFUSED and len(batch.items) > 1:
                    # Halve it until the bad item is alone.
                    middle = len(batch.items) // 2
                    again.extend(self._rebatched(batch, batch.items[:middle]))
                    again.extend(self._rebatched(batch, batch.items[middle:]))
                    continue
                for item in batch.items:
                    for entry in item.entries:
                        entry.answers[batch.destination] = answer
                    yield item
            batches = again

    def _rebatched(self, batch: Batch, items: Sequence[Item]) -> Iterator[Batch]:
        base_url = self._destinations[batch.destination].url
        return DESTINATIONS[batch.destination].batches(base_url, items, self._context)

    def _settle(self, record: Record) -> None:
        self._report.answered(record)
        self._carry_out(record, settle(record))

    def _split(self, raw: object) -> None:
        """Puts a record that is too large for an invocation back as several."""
        record = Record.read(raw)
        if self._accepted.is_settled(record):
            return
        self._accepted.restore([record])
        settlement = split(record, self._destinations, most_entries=MOST_SPLIT_ENTRIES)
        if record.record_id is None:
            settlement = Settlement(comes_back=True)
        self._carry_out(record, settlement)
        record.entries = ()

    def _carry_out(self, record: Record, settlement: Settlement) -> None:
        """Carries out the settlement, or lets the record come back."""
        if not settlement.comes_back:
            try:
                self._queues.carry_out(settlement, seconds_left=self._seconds_left)
            except NotSent as error:
                self._report.warning(
                    "not put into the queue, so the message comes back as a whole", record, reason=str(error)
                )
                settlement = Settlement(comes_back=True, retry_after=settlement.retry_after)
        if settlement.comes_back:
            self._accepted.keep(record)
            self._returned.append((record, settlement))
        else:
            self._accepted.keep_settled(record)
            self._report.settled(record, settlement)

    def _result(self, records: Sequence[Record]) -> dict[str, Any]:
        returned = [record for record, _ in self._returned]
        self._queues.delay_return(self._returned, seconds_left=self._seconds_left)
        self._report.close(records, failed=len(returned))
        if any(record.record_id is None for record in returned):
            raise NotDelivered(self._report.summary())
        return {"batchItemFailures": [{"itemIdentifier": record.record_id} for record in returned]}


def _items(record: Record) -> Iterator[Item]:
    for entry in record.entries:
        if entry.properties is not None:
            yield Item(Event(entry.properties), (entry,), record=record)
