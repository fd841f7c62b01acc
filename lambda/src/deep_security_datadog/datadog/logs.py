"""Logs, in batches (https://docs.datadoghq.com/api/latest/logs/ and docs/reference/datadog-limits.md#logs)."""

import gzip
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from deep_security_datadog.values import as_text, known, to_json

from . import markdown, text
from .attributes import standard_attributes
from .ocsf import ocsf_of
from .request import Context, Destination, Item, TooLarge
from .tags import tags_of

# Of a request: entries, and bytes before compression; the intake takes 5 MB (docs/reference/datadog-limits.md#logs).
MOST_LOGS = 1000
LARGEST_BATCH = 4_500_000
LARGEST_LOG = 1_000_000
# Longest property of a log that is too large, in characters.
_LONGEST_SHORT_VALUE = 2000
_LONGEST_NAME = 300
_MOST_PROPERTIES = 100
# Level 1 takes a fifth of the default level's time; the body is nearly as small.
_COMPRESSION = 1
# No integration has this name: its pipeline would not understand these logs (docs/reference/datadog-limits.md#logs).
_SOURCE = "trend-micro-deep-security"
_SERVICE = "deep-security"
# By severity, from info to critical.
_STATUSES = ("info", "notice", "warn", "error", "critical")


def body(item: Item, context: Context, *, is_short: bool = False) -> dict[str, Any]:
    """The log: the event as it came, and standard attributes. is_short: long values are cut, and OCSF is left out."""
    event = item.event
    # Now for a time that Datadog would answer with 202 and drop.
    usable = event.time if text.date_happened(event, context.now) is not None else None
    tags = tags_of(event, account_id=item.account_id, configured=context.tags)
    fields: dict[str, Any] = {
        "ddsource": _SOURCE,
        "service": _SERVICE,
        "ddtags": ",".join(tags),
        "status": _STATUSES[event.severity],
        "message": text.title(event),
        "timestamp": int(min(usable or context.now, context.now).timestamp() * 1000),
        "deep_security": _shortened(event.properties) if is_short else event.properties,
        **standard_attributes(event),
        **known(hostname=text.host(event)),
    }
    if item.repeats:
        # As Deep Security writes times.
        times = {"first": item.repeats.first, "last": item.repeats.last}
        shown = {name: f"{time.isoformat(timespec='milliseconds')[:23]}Z" for name, time in times.items() if time}
        fields["repeats"] = {"count": item.repeats.total, **shown}
    if context.ocsf and not is_short:
        fields["ocsf"] = ocsf_of(item, fields)
    return fields


def _shortened(properties: Mapping[str, object]) -> dict[str, str]:
    """The first properties, each cut: well within the megabyte of a log."""
    first = islice(properties.items(), _MOST_PROPERTIES)
    return {name[:_LONGEST_NAME]: markdown.shortened(as_text(value), _LONGEST_SHORT_VALUE) for name, value in first}


def _encode(context: Context, items: Sequence[Item], is_short: bool) -> bytes:
    encoded = [_encode_log(item, context, is_short=is_short) for item in items]
    if sum(map(len, encoded)) + len(encoded) + 1 > LARGEST_BATCH:
        raise TooLarge("larger than Datadog takes")
    return gzip.compress(b"[" + b",".join(encoded) + b"]", compresslevel=_COMPRESSION, mtime=0)


def _encode_log(item: Item, context: Context, *, is_short: bool) -> bytes:
    encoded = to_json(body(item, context, is_short=is_short))
    # Datadog accepts a larger one, but cuts it anywhere.
    if is_short or len(encoded) <= LARGEST_LOG:
        return encoded
    return _encode_log(item, context._replace(ocsf=False), is_short=not context.ocsf)


DESTINATION = Destination(
    name="logs",
    base_url="https://http-intake.logs.{site}",
    path="/api/v2/logs",
    headers={"Content-Encoding": "gzip"},
    most_items=MOST_LOGS,
    encode=_encode,
)
