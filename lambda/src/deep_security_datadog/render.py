"""An event as Datadog shows it: title, text, severity, host, time, tags. Pure, driven by the table of event types.

Limits of the v1 events intake: https://docs.datadoghq.com/api/latest/events/ and reference datadog-apis, 1.2 to 1.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from . import markdown
from .envelope import Notification
from .event import Event
from .event_types import Fact, Texts, first, one
from .fold import Repeats
from .markdown import LONGEST_KNOWN
from .severity import Severity
from .tags import tags_of
from .values import as_text

LONGEST_TITLE = 200
LONGEST_TEXT = 4000
LONGEST_AGGREGATION_KEY = 100
# Datadog takes 18 h; the rest is for the way there (reference: datadog-apis, section 1.3).
OLDEST = timedelta(hours=17, minutes=45)
# Clocks of agents go a little fast; an event further ahead has no usable time.
_FUTURE = timedelta(minutes=1)
_SHOWN_DELAY = timedelta(minutes=1)

# One value may not push all others out; the rest of a long one is counted.
_LONGEST_VALUE = 300
_LONGEST_BLOCK = 1200
_MOST_OTHERS = 100

# Datadog's log statuses; there is one for each severity.
_LOG_STATUSES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warn",
    Severity.LOW: "notice",
    Severity.INFO: "info",
}
# Not the name of an integration, whose pipelines would not understand these events (reference: datadog-apis, 3.5).
_LOG_SOURCE = "trend-micro-deep-security"
_LOG_SERVICE = "deep-security"
_LONGEST_LOG_VALUE = 5000
_ALERT_TYPES = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFO: "info",
}


class Context(NamedTuple):
    """What rendering needs besides the event. `now` is when it is sent; `tags` and `console_url` are configured.

    repeats: of the events that this one stands for, None when only for itself.
    """

    now: datetime
    notification: Notification = Notification()
    tags: tuple[str, ...] = ()
    console_url: str | None = None
    repeats: Repeats | None = None


# Lines of the text with their importance, the higher the later one is cut: of the first line, the second and so on,
# the last number also of all further lines.
_Section: TypeAlias = tuple[Sequence[int], Sequence[str]]
_SUMMARY = (100,)
_REPEATS = (99,)
_TEST = (90,)
_FACTS = (81, *range(80, 60, -1))
_CONSOLE = (70,)
_TIMES = (61, 60)
_HOST = (51, *range(50, 30, -1))
_IDENTIFIERS = (31, *range(30, 10, -1))
_OTHERS = (10, 5)
_MORE = (6,)

_HOST_FACTS = (
    one("Computer", "Hostname"),
    one("Instance", "HostInstanceID"),
    one("Last address", "HostLastIPUsed"),
    one("System", "HostOS"),
    one("Policy", "HostSecurityPolicyName"),
    one("Group", "HostGroupName"),
    one("Cloud account", "HostOwnerID"),
    one("Cloud", "HostCloudType"),
    one("Asset value", "HostAssetValue"),
    one("Agent version", "HostAgentVersion"),
    one("Instance tags", "HostCloudInstanceTags"),
)
_HOST_PROPERTIES = tuple(fact.properties[0] for fact in _HOST_FACTS)
# Together, of a host that is kept; an ordinary one has 200.
_LONGEST_KNOWN_HOST = 400
_IDENTIFIER_FACTS = (
    one("Event id", "EventID"),
    one("Unique id", "UniqueID"),
    one("Tenant", "TenantName"),
    one("Tenant id", "TenantID"),
    one("Origin", "OriginString", "Origin"),
    one("Deep Security tags", "Tags"),
    one("Host id", "HostID"),
    one("Host GUID", "HostGUID"),
    one("Agent GUID", "HostAgentGUID"),
    one("Tenant GUID", "TenantGUID"),
)
_TEST_LINE = "\nThis is the test notification of Deep Security. Events will look like this one, with facts."
# Told by the title, the summary line or the times.
_TOLD = frozenset(("EventType", "LogDate", "Hostname", "Severity", "SeverityString", "Rank")).union(
    *(fact.properties for fact in (*_HOST_FACTS, *_IDENTIFIER_FACTS))
)


def title(event: Event) -> str:
    """Severity, module, what, on which host; at most 200 characters."""
    return _title(event, event.texts())


def _title(event: Event, texts: Texts) -> str:
    host = markdown.shortened(markdown.plain(event.host.display), 60)
    head = f"[{event.severity.label.capitalize()}] {markdown.plain(event.kind.module)[:60]}"
    tail = f" on {host}" if host else ""
    what = markdown.plain(first(texts, event.kind.subject))
    if event.is_test:
        what = "Deep Security reaches Datadog"
    if not what:
        return f"{head}{tail}"
    detail = first(texts, event.kind.detail) or event.kind.action(texts)
    if detail and detail != what:
        tail = f" ({markdown.shortened(markdown.plain(detail), 50)}){tail}"
    return f"{head}: {markdown.shortened(what, LONGEST_TITLE - len(head) - len(tail) - 2)}{tail}"


def _text(event: Event, texts: Texts, context: Context, seconds: int | None, limit: int) -> str:
    """The facts as Markdown, at most `limit` characters with whole fences; the least important lines go first."""
    budget = limit - len(markdown.fenced(""))
    sections = _sections(event, texts, context, seconds)
    whole = "\n".join([line for _, lines in sections for line in lines])
    return markdown.fenced(whole if len(whole) < budget else _cut(sections, budget))


def _cut(sections: Iterable[_Section], budget: int) -> str:
    lines = [
        (line, importances[min(place, len(importances) - 1)])
        for importances, section in sections
        for place, line in enumerate(section)
    ]
    left = sorted(range(len(lines)), key=lambda place: (lines[place][1], -place))
    size = sum(len(line) + 1 for line, _ in lines)
    cut: set[int] = set()
    while size > budget - (len(_cut_note(len(cut))) if cut else 0) and len(cut) < len(lines):
        place = left[len(cut)]
        cut.add(place)
        size -= len(lines[place][0]) + 1
    kept = [line for place, (line, _) in enumerate(lines) if place not in cut]
    note = [_cut_note(len(cut))] if cut else []
    return "\n".join(kept + note)


def _cut_note(count: int) -> str:
    return f"_{count} {'line' if count == 1 else 'lines'} left out: the event is too long._"


def _sections(event: Event, texts: Texts, context: Context, seconds: int | None) -> list[_Section]:
    others = sorted(texts.keys() - event.kind.told - _TOLD)
    return [
        (_SUMMARY, [_summary(event, texts)]),
        (_REPEATS, [_repeats(context.repeats)] if context.repeats else []),
        (_TEST, [_TEST_LINE] if event.is_test else []),
        (_FACTS, _section("", event.kind.facts, texts)),
        (_HOST, _host(texts)),
        (_TIMES, _times(event, texts, context, seconds)),
        (_IDENTIFIERS, _section("\n**Identifiers**\n", _IDENTIFIER_FACTS, texts)),
        (_OTHERS, _others(others[:_MOST_OTHERS], texts)),
        (_MORE, [f"- … and {len(others) - _MOST_OTHERS} more"] if len(others) > _MOST_OTHERS else []),
        (_CONSOLE, [f"\n[Open the Deep Security console]({context.console_url})"] if context.console_url else []),
    ]


def _summary(event: Event, texts: Texts) -> str:
    severity = f"**{event.severity.label.capitalize()}**"
    if event.known_severity is None:
        severity += " (the event does not tell its severity)"
    words = [severity, _escaped(event.kind.module[:60])]
    if action := event.kind.action(texts):
        words.append(_escaped(action[:100]))
    if event.rank is not None:
        words.append(f"rank {event.rank:g}")
    if host := event.host.display:
        words.append(f"on {markdown.code(host[:100])}")
    return " · ".join(words)


# Modules and actions are few.
@lru_cache(maxsize=64)
def _escaped(text: str) -> str:
    return markdown.escaped(text)


def _repeats(repeats: Repeats) -> str:
    when = ""
    if repeats.first and repeats.last:
        when = f", the first at {_shown_time(repeats.first)}, the last at {_shown_time(repeats.last)}"
    return f"\n**{repeats.count} events like this one** in the same message{when}. The facts are the first one's."


def _section(heading: str, facts: Iterable[Fact], texts: Texts) -> list[str]:
    lines = [heading]
    for label, properties, value, block in facts:
        if text := value(texts) if value else texts.get(properties[0]):
            lines.append((_known_line if len(text) <= LONGEST_KNOWN else _line)(label, text, block))
    return lines if len(lines) > 1 else []


def _line(label: str, value: str, block: bool = False) -> str:
    if block and ("\n" in value or len(value) > _LONGEST_VALUE):
        return f"- {label}:\n\n{markdown.block(markdown.shortened(value, _LONGEST_BLOCK))}\n"
    shown = markdown.code(markdown.shortened(value, _LONGEST_VALUE))
    return f"- {label}: {shown}" if shown else ""


# Most values come again and again. An attacker's are many or long, and must not fill the memory.
_known_line = lru_cache(maxsize=512)(_line)


def _host(texts: Texts) -> tuple[str, ...]:
    values = tuple([texts.get(name, "") for name in _HOST_PROPERTIES])
    return (_known_host if len("".join(values)) <= _LONGEST_KNOWN_HOST else _host_lines)(values)


def _host_lines(values: tuple[str, ...]) -> tuple[str, ...]:
    texts = dict(zip(_HOST_PROPERTIES, values, strict=True))
    return tuple(_section("\n**Host**\n", _HOST_FACTS, texts))


# One look-up for a host that is known, instead of one for each line.
_known_host = lru_cache(maxsize=128)(_host_lines)


def _times(event: Event, texts: Texts, context: Context, seconds: int | None) -> list[str]:
    happened, sent = event.time, context.notification.time
    lines = ["\n**Times**\n"]
    if happened:
        lines.append(f"- Event: `{_shown_time(happened)}`")
    elif "LogDate" in texts:
        lines.append(_line("Event", texts["LogDate"]))
    if sent:
        lines.append(f"- Published by Deep Security: `{_shown_time(sent)}`")
    if happened and (delay := (sent or context.now) - happened) > _SHOWN_DELAY:
        lines.append(f"- Delay until published: `{str(delay).partition('.')[0]}`")
    if happened and seconds is None:
        lines.append("- The time is outside of what Datadog takes; the event is shown at its arrival.")
    return lines if len(lines) > 1 else []


# All events of a message have its time, and writing one takes as long as ten lines.
@lru_cache(maxsize=64)
def _shown_time(time: datetime) -> str:
    return f"{str(time)[:19]} UTC"


def _others(names: Iterable[str], texts: Texts) -> list[str]:
    lines = ["\n**Other properties**\n"]
    for name in names:
        label, text = _other_label(name[:100]), texts[name]
        lines.append((_known_line if len(text) <= LONGEST_KNOWN else _line)(label, text))
    return lines if len(lines) > 1 else []


@lru_cache(maxsize=128)
def _other_label(name: str) -> str:
    return markdown.code(name) or "(no name)"


def date_happened(event: Event, now: datetime) -> int | None:
    """Seconds since 1970; None where Datadog would refuse the time (too old) or it cannot be right (in the future)."""
    if event.time is None or not now - OLDEST <= event.time <= now + _FUTURE:
        return None
    return int(min(event.time, now).timestamp())


def _aggregation_key(event: Event, texts: Texts) -> str:
    """Tenant, type, host and rule; hashed when longer than Datadog takes."""
    parts = (texts.get("TenantID", ""), event.type, event.host.id, first(texts, event.kind.rule))
    key = "|".join(markdown.plain(part) for part in parts)
    return key if len(key) <= LONGEST_AGGREGATION_KEY else hashlib.sha256(key.encode()).hexdigest()


def datadog_event(event: Event, context: Context, *, longest_text: int = LONGEST_TEXT) -> dict[str, Any]:
    """The body of `POST /api/v1/events`."""
    texts, seconds = event.texts(), date_happened(event, context.now)
    body: dict[str, Any] = {
        "title": _title(event, texts),
        "text": _text(event, texts, context, seconds, longest_text),
        "alert_type": _ALERT_TYPES[event.severity],
        "priority": "low" if event.severity == Severity.INFO and not event.is_test else "normal",
        "aggregation_key": _aggregation_key(event, texts),
        "tags": tags_of(event, texts, account_id=context.notification.account_id, configured=context.tags),
    }
    if host := markdown.plain(event.host.id)[:255]:
        body["host"] = host
    if seconds is not None:
        body["date_happened"] = seconds
    return body


def datadog_log(event: Event, context: Context, *, short: bool = False) -> dict[str, Any]:
    """An entry of `POST /api/v2/logs`, with the raw event under `deep_security` and Datadog's standard attributes.

    short: cuts long values, for an event that is larger than the intake takes.
    """
    texts, seconds = event.texts(), date_happened(event, context.now)
    body: dict[str, Any] = {
        "ddsource": _LOG_SOURCE,
        "service": _LOG_SERVICE,
        "ddtags": ",".join(tags_of(event, texts, account_id=context.notification.account_id, configured=context.tags)),
        "status": _LOG_STATUSES[event.severity],
        "message": _title(event, texts),
        # Milliseconds. Datadog drops an older log silently, after a 202: such a one is of now, its own time is within.
        "timestamp": int((context.now.timestamp() if seconds is None else _timestamp(event, context)) * 1000),
        "deep_security": _shortened(event.properties) if short else event.properties,
    }
    if host := markdown.plain(event.host.id)[:255]:
        body["hostname"] = host
    if context.repeats:
        body["repeats"] = _repeats_attribute(context.repeats)
    for attribute, name in event.kind.attributes.items():
        if value := texts.get(name):
            _put(body, attribute, value[:_LONGEST_LOG_VALUE])
    return body


def _repeats_attribute(repeats: Repeats) -> dict[str, Any]:
    """Count, and the times as ISO 8601 in UTC with milliseconds, as Deep Security writes them."""
    times = {"first": repeats.first, "last": repeats.last}
    shown = {name: f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z" for name, time in times.items() if time}
    return {"count": repeats.count, **shown}


def _timestamp(event: Event, context: Context) -> float:
    """Seconds since 1970 with the fraction that events have no room for; not in the future."""
    return min(event.time or context.now, context.now).timestamp()


def _put(body: dict[str, Any], attribute: str, value: str) -> None:
    *parents, name = attribute.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[name] = value


def _shortened(properties: Mapping[str, object]) -> dict[str, str]:
    """The first properties, each cut, well within a log's megabyte."""
    first = list(properties.items())[:_MOST_OTHERS]
    return {name[:_LONGEST_VALUE]: markdown.shortened(as_text(value), _LONGEST_LOG_VALUE) for name, value in first}
