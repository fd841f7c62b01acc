"""Datadog events: `POST /api/v1/events` takes one event per request.

https://docs.datadoghq.com/api/latest/events/ and docs/reference/datadog-limits.md#events
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from deep_security_datadog import markdown, text
from deep_security_datadog.event import Event
from deep_security_datadog.facts import Texts, first
from deep_security_datadog.fold import Item
from deep_security_datadog.request import Endpoint, Request
from deep_security_datadog.severity import Severity
from deep_security_datadog.tags import tags_of
from deep_security_datadog.text import Context
from deep_security_datadog.values import to_json

from .destination import Destination

LONGEST_TEXT = 4000
# For an event that Datadog found too large.
SHORT_TEXT = 1000
LONGEST_AGGREGATION_KEY = 100
LONGEST_HOST = 255
# Values are cut before they are processed.
_LONGEST_KEY_PART = 1000

_ALERT_TYPES = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFO: "info",
}


def body(item: Item, context: Context, *, longest_text: int = LONGEST_TEXT) -> dict[str, Any]:
    """The event as the intake accepts it. longest_text: in characters."""
    event, texts = item.event, item.event.texts()
    fields: dict[str, Any] = {
        "title": text.title(event, texts),
        "text": text.text(item, texts, context, longest_text),
        "alert_type": _ALERT_TYPES[event.severity],
        "priority": "low" if event.severity == Severity.INFO and not event.is_test else "normal",
        "aggregation_key": _aggregation_key(event, texts),
        "tags": tags_of(event, texts, account_id=item.notification.account_id, configured=context.tags),
    }
    if host := markdown.plain(event.host.id[:LONGEST_HOST])[:LONGEST_HOST]:
        fields["host"] = host
    if (seconds := text.date_happened(event, context.now)) is not None:
        fields["date_happened"] = seconds
    return fields


def _aggregation_key(event: Event, texts: Texts) -> str:
    """The event's identity; hashed if that is longer than Datadog takes."""
    tenant = first(texts, ("TenantID", "TenantName"))
    parts = event.identity(texts) or (tenant, event.event_type.name, event.host.id, "")
    key = "|".join(markdown.plain(markdown.truncate_middle(part, _LONGEST_KEY_PART)) for part in parts)
    return key if len(key) <= LONGEST_AGGREGATION_KEY else hashlib.sha256(key.encode()).hexdigest()


def _requests(
    endpoint: Endpoint, items: Sequence[Item], context: Context
) -> Iterator[tuple[tuple[Item, ...], Request]]:
    for item in items:
        encoded = partial(_encoded, item, context)
        yield (item,), Request(endpoint, partial(encoded, LONGEST_TEXT), partial(encoded, SHORT_TEXT))


def _encoded(item: Item, context: Context, longest_text: int) -> bytes:
    return to_json(body(item, context, longest_text=longest_text))


DESTINATION = Destination(
    name="events",
    base_url="https://api.{site}",
    path="/api/v1/events",
    requests=_requests,
    headers=(("Content-Type", "application/json"),),
    api_key_header="DD-API-KEY",
)
