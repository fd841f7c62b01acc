"""CPU seconds of a batch as a whole and of its stages, and of the same requests made in plainer ways."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from deep_security_datadog import handler, render
from deep_security_datadog.deliver import Parcel
from deep_security_datadog.destinations import PACK, Item
from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.event import Event
from deep_security_datadog.settings import Settings
from tools.bench.inside import common


def main() -> None:
    """Each measure as often as asked for, one after the other within a round, so that a slow moment hits all."""
    options = common.options()
    # The plainer ways need the whole of requests, of which the payload may lack a part.
    sys.path.append(options["packages"])
    requests = importlib.import_module("requests")
    payload = common.load(options["event"])
    settings = Settings.from_environment(os.environ)
    records = open_envelope(payload)
    bodies = [_body(parcel) for parcel in _packed(settings, _filtered(settings, records))]
    if len(bodies) != _count(records):
        raise SystemExit("the filter drops events, which were to be counted as sent")
    url, naive = options["url"] + "/api/v1/events", bodies[: options["naive"]]
    session = requests.Session()
    headers = {"DD-API-KEY": "0" * 32, "Content-Type": "application/json"}
    measures: dict[str, Callable[[], tuple[float, int]]] = {
        "all in": lambda: (_cpu(lambda: handler.lambda_handler(payload, common.Context())), len(bodies)),
        "http.client": lambda: (_cpu(lambda: _bare(url, headers, bodies)), len(bodies)),
        "one session, one at a time": lambda: (
            _cpu(lambda: [session.post(url, data=body, headers=headers) for body in bodies]),
            len(bodies),
        ),
        "requests.post": lambda: (
            _cpu(lambda: [requests.post(url, data=body, headers=headers, timeout=10) for body in naive]),
            len(naive),
        ),
    }
    measures |= {name: _stage(name, settings, payload) for name in ("parse", "filter", "render", "HTTP")}
    measures["all in"]()
    results: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(options["rounds"]):
        for name, measure in measures.items():
            gc.collect()
            seconds, count = measure()
            results[name].append(seconds / count)
    common.answer(results)


def _stage(name: str, settings: Settings, payload: Any) -> Callable[[], tuple[float, int]]:
    """A stage with what it needs made before the clock starts: nothing derived from an event is there yet."""

    def measure() -> tuple[float, int]:
        if name == "parse":
            return _cpu(lambda: open_envelope(payload)), _count(open_envelope(payload))
        records = open_envelope(payload)
        if name == "filter":
            return _cpu(lambda: _filtered(settings, records)), _count(records)
        items = _filtered(settings, records)
        if name == "render":
            return _cpu(lambda: [_body(parcel) for parcel in _packed(settings, items)]), len(items)
        courier = handler._forwarder()._courier  # the very connections of the whole
        parcels = [_rendered(parcel) for parcel in _packed(settings, items)]
        return _cpu(lambda: courier.deliver(parcels, seconds_left=lambda: 900.0)), len(parcels)

    return measure


def _count(records: Any) -> int:
    return sum(len(record.entries) for record in records)


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


def _packed(settings: Settings, items: list[Item]) -> list[Parcel]:
    return [dispatch.parcel for dispatch in PACK["events"](settings.api_url, items)]


def _body(parcel: Parcel) -> bytes:
    """The request's body; in revisions before 0.2 it was made at once instead of when it is its turn."""
    body: bytes = parcel.body() if callable(parcel.body) else parcel.body
    return body


def _rendered(parcel: Parcel) -> Parcel:
    """The same with nothing left to do but the request."""
    body = _body(parcel)
    return Parcel(url=parcel.url, body=(lambda: body) if callable(parcel.body) else body, headers=parcel.headers)


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _bare(url: str, headers: dict[str, str], bodies: list[bytes]) -> None:
    parts = urlsplit(url)
    connection = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(parts.netloc, timeout=10)
    for body in bodies:
        connection.request("POST", parts.path, body, headers)
        connection.getresponse().read()
    connection.close()


if __name__ == "__main__":
    main()
