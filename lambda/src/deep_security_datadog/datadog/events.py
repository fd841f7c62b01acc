"""Events, one a request (https://docs.datadoghq.com/api/latest/events/ and docs/reference/datadog-limits.md#events)."""

import hashlib
from collections.abc import Sequence
from typing import Any

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.severity import Severity
from deep_security_datadog.values import known, to_json

from . import markdown, text
from .request import Context, Destination, Item
from .tags import tags_of

LONGEST_TEXT = 4000
# For an event that Datadog found too large.
SHORT_TEXT = 1000
LONGEST_AGGREGATION_KEY = 100
# By severity, from info to critical.
_ALERT_TYPES = ("info", "info", "warning", "error", "error")


def body(item: Item, context: Context, *, longest_text: int = LONGEST_TEXT) -> dict[str, Any]:
    """The event as the intake accepts it. longest_text: in characters."""
    event = item.event
    return {
        "title": text.title(event),
        "text": text.in_markdown(item, context, longest_text),
        "alert_type": _ALERT_TYPES[event.severity],
        "priority": "low" if event.severity == Severity.INFO and not event.is_test else "normal",
        "aggregation_key": _aggregation_key(event),
        "tags": tags_of(event, account_id=item.account_id, configured=context.tags),
        **known(host=text.host(event), date_happened=text.date_happened(event, context.now)),
    }


def _aggregation_key(event: Event) -> str:
    """The event's identity; hashed if it is longer than Datadog takes, or could be mistaken for another."""
    parts = event.identity or (*event.place, "")
    key = "|".join(parts)
    if len(key) <= LONGEST_AGGREGATION_KEY and key.count("|") < len(parts) and markdown.plain(key) == key:
        return key
    return hashlib.sha256(to_json(parts)).hexdigest()


def _encode(context: Context, items: Sequence[Item], is_short: bool) -> bytes:
    (item,) = items
    return to_json(body(item, context, longest_text=SHORT_TEXT if is_short else LONGEST_TEXT))


DESTINATION = Destination(
    name="events", base_url="https://api.{site}", path="/api/v1/events", headers={}, most_items=1, encode=_encode
)
