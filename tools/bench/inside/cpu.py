"""CPU seconds of a batch as a whole and of its stages, and of the same requests made in plainer ways."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from deep_security_datadog import handler, render
from deep_security_datadog.deliver import Parcel
from deep_security_datadog.destinations import PACK, Item
from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.event import Event
from deep_security_datadog.settings import Settings
from tools.bench.inside import common


class Measure(NamedTuple):
    """A chunk of work on some events. What `prepare` makes, once for each of the `times`, is there before the clock."""

    events: int
    work: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None
    times: int = 1

    def seconds(self) -> float:
        """CPU of one event."""
        prepared = [self.prepare() for _ in range(self.times)]
        return common.cpu(lambda: [self.work(each) for each in prepared]) / self.events / self.times


def main() -> None:
    """A chunk of the yardstick stands before and after each chunk; what is first in a round changes."""
    options = common.options()
    _on_one_core(options["number"])
    base = options["base"]
    batches = common.load(options["events"])
    turns = itertools.cycle(batches)
    measures = {
        name + suffix: measure
        for suffix, address in options["addresses"].items()
        for name, measure in _ways(options["packages"], turns, address["payload"], address["at once"]).items()
    } | _stages(len(_bodies(_settings(), batches[0])), turns)
    yardstick = measures.pop(base)
    for measure in (yardstick, *measures.values()):
        measure.seconds()
    names, found = list(measures), []
    for turn in range(options["rounds"]):
        common.progress(f"chunks of round {turn + 1} of {options['rounds']}")
        for place in range(len(names)):
            name = names[(place + turn) % len(names)]
            found += [(base, yardstick.seconds()), (name, measures[name].seconds())]
    found.append((base, yardstick.seconds()))
    common.answer(found)


def _on_one_core(number: int) -> None:
    """As Lambda gives less than one: on several the threads get in each other's way, the more the idler they are."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})


def _stages(count: int, batches: Iterator[Any]) -> dict[str, Measure]:
    """Each with what it needs made before the clock starts: nothing derived from an event is there yet."""
    settings = _settings()

    def opened() -> Any:
        return open_envelope(next(batches))

    def items() -> list[Item]:
        found = _filtered(settings, opened())
        if len(found) != count:
            raise SystemExit("the filter drops events, which were to be counted as sent")
        return found

    return {
        "parse": Measure(count, open_envelope, lambda: next(batches), times=8),
        "filter": Measure(count, lambda records: _filtered(settings, records), opened, times=24),
        "render": Measure(count, lambda made: [_body(parcel) for parcel in _packed(settings.api_url, made)], items),
    }


def _ways(packages: str, batches: Iterator[Any], url: str, at_once: str) -> dict[str, Measure]:
    """The ways to make requests to an address: the payload's, of which the answers take a while, and plainer ones."""
    # Each address has an execution environment of its own.
    os.environ["DD_API_URL"] = url
    handler._forwarder.cache_clear()
    forwarder = handler._forwarder()
    settings = _settings()
    bodies = _bodies(settings, next(batches))

    def parcels() -> list[Parcel]:
        return [_rendered(parcel) for parcel in _packed(url, _filtered(settings, open_envelope(next(batches))))]

    def all_in(payload: Any) -> None:
        handler._forwarder = lambda: forwarder  # type: ignore[assignment]
        if handler.lambda_handler(payload, common.Context())["batchItemFailures"]:
            raise SystemExit("the stand-in did not take everything")

    def http(made: list[Parcel]) -> None:
        forwarder._courier.deliver(made, seconds_left=lambda: 900.0)

    parts = urlsplit(at_once + "/api/v1/events")
    post = common.naive_post(packages, parts.geturl())
    session = importlib.import_module("requests").Session()
    connection = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(parts.netloc, timeout=10)

    def bare(_: object) -> None:
        for body in bodies:
            connection.request("POST", parts.path, body, common.HEADERS)
            connection.getresponse().read()

    def each(way: Callable[[bytes], object], some: list[bytes]) -> Measure:
        return Measure(len(some), lambda _: [way(body) for body in some])

    # With TLS each post makes a context and shakes hands, which takes twenty times as long.
    naive = bodies[:1] if parts.scheme == "https" else bodies[:12]
    return {
        "all in": Measure(len(bodies), all_in, lambda: next(batches)),
        "HTTP": Measure(len(bodies), http, parcels),
        "http.client": Measure(len(bodies), bare),
        "one session, one at a time": each(
            lambda body: session.post(parts.geturl(), data=body, headers=common.HEADERS, timeout=10), bodies[:22]
        ),
        "requests.post": each(post, naive),
    }


def _filtered(settings: Settings, records: Any) -> list[Item]:
    now = datetime.now(UTC)
    items = []
    for place, record in enumerate(records):
        for number, entry in enumerate(record.entries):
            context = render.Context(
                now=now, notification=entry.notification, tags=settings.tags, console_url=settings.console_url
            )
            item = Item(place, number, Event(entry.properties), context)
            if not settings.filters["events"].reason_to_drop(item.event):
                items.append(item)
    return items


def _settings() -> Settings:
    return Settings.from_environment(os.environ)


def _bodies(settings: Settings, payload: Any) -> list[bytes]:
    return [_body(parcel) for parcel in _packed(settings.api_url, _filtered(settings, open_envelope(payload)))]


def _packed(url: str, items: list[Item]) -> list[Parcel]:
    return [dispatch.parcel for dispatch in PACK["events"](url, items)]


def _body(parcel: Parcel) -> bytes:
    """The request's body; in revisions before 0.2 it was made at once instead of when it is its turn."""
    body: bytes = parcel.body() if callable(parcel.body) else parcel.body
    return body


def _rendered(parcel: Parcel) -> Parcel:
    """The same with nothing left to do but the request."""
    body = _body(parcel)
    return Parcel(url=parcel.url, body=(lambda: body) if callable(parcel.body) else body, headers=parcel.headers)


if __name__ == "__main__":
    main()
