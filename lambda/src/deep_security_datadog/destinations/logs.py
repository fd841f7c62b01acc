"""Datadog logs: `POST /api/v2/logs` takes batches, compressed.

https://docs.datadoghq.com/api/latest/logs/ and docs/reference/datadog-limits.md#logs
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from deep_security_datadog import markdown, text
from deep_security_datadog.event import Event
from deep_security_datadog.fold import Item, Repeats
from deep_security_datadog.request import Endpoint, Request
from deep_security_datadog.severity import Severity
from deep_security_datadog.tags import tags_of
from deep_security_datadog.text import Context
from deep_security_datadog.values import as_text, to_json

from .destination import Destination

# Limits of the intake, in entries and in bytes before compression.
MOST_LOGS = 1000
LARGEST_BATCH = 5_000_000
LARGEST_LOG = 1_000_000

LONGEST_HOST = 255
# Longest standard attribute, and longest property of a log that is too large, in characters.
_LONGEST_VALUE = 5000
_LONGEST_SHORT_VALUE = 2000
_LONGEST_NAME = 300
_MOST_PROPERTIES = 100
# Level 1 takes a fifth of the default level's time; the body is nearly as small.
_COMPRESSION = 1

# No integration has this name: its pipeline would not understand these logs (docs/reference/datadog-limits.md#logs).
_SOURCE = "trend-micro-deep-security"
_SERVICE = "deep-security"
_STATUSES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warn",
    Severity.LOW: "notice",
    Severity.INFO: "info",
}


def body(item: Item, context: Context, *, short: bool = False) -> dict[str, Any]:
    """The log: the event as it came under `deep_security`, and Datadog's standard attributes.

    short: cut long values of an event that is larger than the intake accepts.
    """
    event, texts = item.event, item.event.texts()
    tags = tags_of(event, texts, account_id=item.notification.account_id, configured=context.tags)
    fields: dict[str, Any] = {
        "ddsource": _SOURCE,
        "service": _SERVICE,
        "ddtags": ",".join(tags),
        "status": _STATUSES[event.severity],
        "message": text.title(event, texts),
        "timestamp": _milliseconds(event, context),
        "deep_security": _shortened(event.properties) if short else event.properties,
    }
    if host := markdown.plain(event.host.id[:LONGEST_HOST])[:LONGEST_HOST]:
        fields["hostname"] = host
    if item.repeats:
        fields["repeats"] = _repeats(item.repeats)
    for attribute, name in event.event_type.attributes.items():
        if value := texts.get(name):
            _put(fields, attribute, value[:_LONGEST_VALUE])
    return fields


def _milliseconds(event: Event, context: Context) -> int:
    """Since 1970; now for a time that Datadog would answer with 202 and drop."""
    usable = event.time if text.date_happened(event, context.now) is not None else None
    return int(min(usable or context.now, context.now).timestamp() * 1000)


def _repeats(repeats: Repeats) -> dict[str, Any]:
    """Count and times, as Deep Security writes times: ISO 8601 in UTC with milliseconds."""
    times = {"first": repeats.first, "last": repeats.last}
    shown = {name: f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z" for name, time in times.items() if time}
    return {"count": repeats.total, **shown}


def _put(fields: dict[str, Any], attribute: str, value: str) -> None:
    *parents, name = attribute.split(".")
    for parent in parents:
        fields = fields.setdefault(parent, {})
    fields[name] = value


def _shortened(properties: Mapping[str, object]) -> dict[str, str]:
    """The first properties, each cut: well within the megabyte of a log."""
    first = list(properties.items())[:_MOST_PROPERTIES]
    return {name[:_LONGEST_NAME]: markdown.shortened(as_text(value), _LONGEST_SHORT_VALUE) for name, value in first}


def _requests(
    endpoint: Endpoint, items: Sequence[Item], context: Context
) -> Iterator[tuple[tuple[Item, ...], Request]]:
    batch: list[Item] = []
    bodies: list[bytes] = []
    size = 0
    for item in items:
        try:
            encoded = _encoded(item, context)
        except Exception:  # noqa: BLE001 (alone it is refused when sent, at no cost to the others)
            yield (item,), Request(endpoint, partial(_encoded, item, context))
            continue
        if batch and (len(batch) == MOST_LOGS or size + len(encoded) + 2 > LARGEST_BATCH):
            yield tuple(batch), _request(endpoint, bodies)
            batch, bodies, size = [], [], 0
        batch.append(item)
        bodies.append(encoded)
        size += len(encoded) + 1
    if batch:
        yield tuple(batch), _request(endpoint, bodies)


def _encoded(item: Item, context: Context) -> bytes:
    encoded = to_json(body(item, context))
    # Datadog accepts a larger one, but cuts it anywhere.
    return encoded if len(encoded) <= LARGEST_LOG else to_json(body(item, context, short=True))


def _request(endpoint: Endpoint, bodies: Sequence[bytes]) -> Request:
    compressed = gzip.compress(b"[" + b",".join(bodies) + b"]", compresslevel=_COMPRESSION, mtime=0)
    return Request(endpoint, lambda: compressed)


DESTINATION = Destination(
    name="logs",
    base_url="https://http-intake.logs.{site}",
    path="/api/v2/logs",
    requests=_requests,
    headers=(("Content-Type", "application/json"), ("Content-Encoding", "gzip")),
    api_key_header="DD-API-KEY",
)
