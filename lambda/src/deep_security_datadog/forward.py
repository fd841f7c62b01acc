"""Forwards a Lambda event: admit, understand, choose, send, settle. Composition only."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from .aws.accepted_cache import AcceptedCache
from .aws.admission import admit
from .aws.delivery import Delivery
from .aws.queues import Queues
from .datadog.request import Context, Item, Request
from .datadog.sender import Sender
from .datadog.tags import configured_tags
from .deadline import SecondsLeft
from .deep_security.event import Event
from .filter import Filter
from .fold import fold
from .log import reason_of
from .outcome import Answer, Outcome
from .report import Report
from .settings import DESTINATIONS, Settings
from .values import time_of


class NotDelivered(Exception):
    """Something that no queue keeps was not delivered, so Lambda has to retry."""


class Forwarder:
    """Everything that lives as long as the execution environment."""

    def __init__(self, settings: Settings, sender: Sender, queues: Queues) -> None:
        self._settings = settings
        self._sender = sender
        self._queues = queues
        self._accepted = AcceptedCache()
        self._tags = configured_tags(settings.tags)

    def forward(self, payload: object, *, seconds_left: SecondsLeft, request_id: str) -> dict[str, Any]:
        """Sends and settles the records of a Lambda event; see `handler.lambda_handler`. request_id: for the log."""
        destinations, now = self._settings.destinations, datetime.now(UTC)
        report = Report(request_id, self._settings.log_level, by_destination=len(destinations) > 1)
        taken, unread = admit(payload, is_settled=self._accepted.is_settled, seconds_left=seconds_left)
        deliveries = [
            Delivery(one, destinations, self._accepted.settled_of(one), self._queues.largest) for one in taken
        ]
        understood = [list(_understand(delivery, destinations)) for delivery in deliveries]
        report.received((item.event for items in understood for item in items), now)
        requests = self._choose(understood, Context(now, self._tags, self._settings.console_url), report)
        for delivery in self._send(requests, deliveries, seconds_left):
            self._settle(delivery, payload, seconds_left, report)
        for record, reason in unread:
            report.waits(record, "not read", reason)
        back = [(record, 0.0) for record, _ in unread]
        back += [(delivery.record, delivery.retry_after) for delivery in deliveries if delivery.debts]
        self._queues.show_again(back, seconds_left=seconds_left)
        report.close(failed=len(back))
        if any(record.record_id is None for record, _ in back):
            raise NotDelivered(report.summary())
        return {"batchItemFailures": [{"itemIdentifier": record.record_id} for record, _ in back]}

    def _choose(self, understood: Sequence[Sequence[Item]], context: Context, report: Report) -> list[Request]:
        """The requests to all destinations. Records take turns."""
        requests: list[Request] = []
        # Logs first: a few requests that need not wait behind many events.
        for name, chosen in reversed(self._settings.destinations.items()):
            wanted = [_choose_from(items, name, chosen.filter, report) for items in understood]
            in_turns = [item for turn in zip_longest(*wanted) for item in turn if item]
            requests += DESTINATIONS[name].requests(chosen.url, in_turns, context._replace(ocsf=chosen.ocsf))
        for request in requests:
            for delivery, place in _parts(request):
                delivery.awaited.add((place, request.destination.name))
        return requests

    def _send(
        self, requests: Iterable[Request], deliveries: Iterable[Delivery], seconds_left: SecondsLeft
    ) -> Iterator[Delivery]:
        """Each delivery once all its answers are in: the rest may use up the time."""
        yield from [delivery for delivery in deliveries if not delivery.awaited]
        for request, answer in self._sender.send(requests, seconds_left=seconds_left):
            parts = _parts(request)
            for delivery, place in parts:
                delivery.answer(place, request.destination.name, answer)
            yield from dict.fromkeys(delivery for delivery, _ in parts if not delivery.awaited)

    def _settle(self, delivery: Delivery, payload: object, seconds_left: SecondsLeft, report: Report) -> None:
        """Gives what is owed to the queues; what they do not take is owed still."""
        try:
            report.answered(delivery)
            report.settled(delivery, self._queues.settle(delivery, payload=payload, seconds_left=seconds_left))
            self._accepted.remember(delivery)
        except Exception as error:  # noqa: BLE001 (it alone waits)
            report.waits(delivery.record, "cannot be settled", reason_of(error))


def _understand(delivery: Delivery, destinations: Iterable[str]) -> Iterator[Item]:
    """The events of a record. One that cannot be read as an event is refused."""
    for place, entry in enumerate(delivery.record.entries):
        if entry.properties is None:
            continue
        try:
            event = Event(entry.properties)
        except Exception as error:  # noqa: BLE001 (it concerns this event only)
            answer = Answer(Outcome.REFUSED, reason=f"cannot be read ({type(error).__name__})")
            for destination in (name for name in destinations if delivery.is_for(place, name)):
                delivery.answer(place, destination, answer)
            continue
        found = entry.notification
        message = f"{delivery.record.record_id} {found.message_id}"
        yield Item(event, message, found.account_id, time_of(found.timestamp), parts=((delivery, place),))


def _choose_from(items: Iterable[Item], destination: str, chosen: Filter, report: Report) -> list[Item]:
    """The items of a record that the destination gets; the report counts the others."""
    owed = [item for item in items if all(delivery.is_for(place, destination) for delivery, place in item.parts)]
    try:
        reasons = [chosen.reason_to_drop(item.event) for item in owed]
        wanted = [item for item, reason in zip(owed, reasons, strict=True) if not reason]
        folded = fold(wanted) if chosen.fold_repeats else wanted
    except Exception as error:  # noqa: BLE001 (what cannot be chosen among is sent as it is)
        ((delivery, _),) = owed[0].parts
        report.warning("cannot be filtered, so all is sent", delivery.record, reason=reason_of(error))
        return owed
    report.chosen(destination, filter(None, reasons), folded=len(wanted) - len(folded))
    return folded


def _parts(request: Request) -> list[tuple[Delivery, int]]:
    """The deliveries with something in a request, and the places of their entries."""
    return [part for item in request.items for part in item.parts]
