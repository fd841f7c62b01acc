"""Title and text of an event, as every destination shows them. Pure, driven by the table of event types."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.deep_security.facts import Fact, each, enum, one
from deep_security_datadog.values import Texts

from . import markdown
from .request import Context, Item, Repeats

LONGEST_TITLE = 200
LONGEST_HOST = 255
# Datadog accepts events of the last 18 h; the margin is for the transfer (docs/reference/datadog-limits.md#events).
OLDEST = timedelta(hours=17, minutes=45)
# Clocks of agents may be a little fast.
_FUTURE = timedelta(minutes=1)
_SHOWN_DELAY = timedelta(minutes=1)
# Values are cut before they are processed: an attacker may have sent 256 KB. A title shows less than this.
_LONGEST_SUBJECT = 1000
# One value must not push out the others.
_LONGEST_LINE = 300
_LONGEST_BLOCK = 1200
_MOST_OTHERS = 100
# Its importance, and lines of the text.
_Section: TypeAlias = tuple[int, list[str]]
_HOST_FACTS = each({
    "Computer": "Hostname", "Instance": "HostInstanceID", "Last address": "HostLastIPUsed", "System": "HostOS",
    "Policy": "HostSecurityPolicyName", "Group": "HostGroupName", "Cloud account": "HostOwnerID",
    "Cloud": "HostCloudType", "Asset value": "HostAssetValue", "Agent version": "HostAgentVersion",
    "Instance tags": "HostCloudInstanceTags",
})  # fmt: skip
_IDENTIFIER_FACTS = (
    *each({"Event id": "EventID", "Unique id": "UniqueID", "Tenant": "TenantName", "Tenant id": "TenantID"}),
    enum("Origin", "Origin", {-1: "", 0: "Agent", 1: "Guest agent", 2: "Appliance", 3: "Manager"}, "OriginString"),
    *each({"Deep Security tags": "Tags", "Host id": "HostID", "Host GUID": "HostGUID", "vCenter UUID": "HostVCUUID"}),
    *each({"Agent GUID": "HostAgentGUID", "Tenant GUID": "TenantGUID", "Cloud One account": "CloudOneAccountID"}),
)
# In the title, the times, or one of the sections above.
_SHOWN_ELSEWHERE = {"EventType", "LogDate"}.union(*(fact.properties for fact in (*_HOST_FACTS, *_IDENTIFIER_FACTS)))
_TEST_LINE = "\nThis is the test notification of Deep Security. Events will look like this one, with facts."


def title(event: Event) -> str:
    """Severity, module, what happened and on which host, in at most 200 characters."""
    host = markdown.truncate_middle(_plain(event.host.display), 60)
    head = f"[{event.severity.label.capitalize()}] {markdown.plain(event.event_type.module[:60])[:60]}"
    container = markdown.truncate_middle(_plain(event.container), 30)
    tail = (f" in {container}" if container else "") + (f" on {host}" if host else "")
    if event.is_test:
        return f"{head}: Deep Security reaches Datadog{tail}"
    detail = next((text for text in (event.detail, event.action) if text not in ("", event.subject)), "")
    shown, shown_detail = _plain(event.subject), _plain(detail)
    room = LONGEST_TITLE - len(head) - len(tail) - len(": ") - (len(" ()") if shown_detail else 0)
    # Each gets half the room, and what the other leaves.
    shown_detail = markdown.truncate_middle(shown_detail, max(room // 2, room - len(shown)))
    shown = markdown.truncate_middle(shown, room - len(shown_detail))
    return f"{head}{shown and f': {shown}'}{shown_detail and f' ({shown_detail})'}{tail}"


def _plain(value: str) -> str:
    """One line, cut before it is processed."""
    return markdown.plain(markdown.truncate_middle(value, _LONGEST_SUBJECT))


def in_markdown(item: Item, context: Context, limit: int) -> str:
    """The facts as Markdown between Datadog's fences, in at most `limit` characters."""
    budget = limit - len(markdown.FENCE_OPEN + markdown.FENCE_CLOSE)
    sections = _sections(item, context)
    whole = "\n".join([line for _, lines in sections for line in lines])
    shown = whole if len(whole) < budget else _cut(sections, budget)
    return f"{markdown.FENCE_OPEN}{shown}{markdown.FENCE_CLOSE}"


def host(event: Event) -> str:
    """The name by which Datadog knows the host, cut to what it takes; empty if unknown."""
    return markdown.plain(event.host.id[:LONGEST_HOST])[:LONGEST_HOST]


def date_happened(event: Event, now: datetime) -> int | None:
    """Seconds since 1970; None for a time that Datadog refuses (too old) or that is wrong (in the future)."""
    if event.time is None or not now - OLDEST <= event.time <= now + _FUTURE:
        return None
    return int(min(event.time, now).timestamp())


def _cut(sections: Iterable[_Section], budget: int) -> str:
    """Without the last lines of the least important sections; a note says how many."""
    lines = [(importance, line) for importance, lines in sections for line in lines]
    candidates = sorted(range(len(lines)), key=lambda place: (lines[place][0], -place))
    size, cut, note = sum(len(line) + 1 for _, line in lines), set[int](), ""
    for place in candidates:
        cut.add(place)
        size -= len(lines[place][1]) + 1
        note = f"_{len(cut)} {'line' if len(cut) == 1 else 'lines'} left out: the event is too long._"
        if size + len(note) <= budget:
            break
    return "\n".join([*(line for place, (_, line) in enumerate(lines) if place not in cut), note])


def _sections(item: Item, context: Context) -> list[_Section]:
    event, texts, link = item.event, item.event.texts, context.console_url
    others = sorted(texts.keys() - event.event_type.shown_properties - _SHOWN_ELSEWHERE - _summarized(event))
    other_facts = [one(markdown.code(name[:100]) or "(no name)", name) for name in others[:_MOST_OTHERS]]
    return [
        (100, [_summary(event)]),
        (90, [_repeats(item.repeats)] if item.repeats else []),
        (90, [_TEST_LINE] if event.is_test else []),
        (80, _facts("", event.event_type.facts, texts)),
        (50, _facts("\n**Host**\n", _HOST_FACTS, texts)),
        (60, _times(item, context)),
        (40, _facts("\n**Identifiers**\n", _IDENTIFIER_FACTS, texts)),
        (20, _facts("\n**Other properties**\n", other_facts, texts)),
        (30, [f"- … and {len(others) - _MOST_OTHERS} more"] if len(others) > _MOST_OTHERS else []),
        (70, [f"\n[Open the Deep Security console]({link})"] if link else []),
    ]


def _summary(event: Event) -> str:
    container, host = event.container, event.host.display
    words = (
        f"**{event.severity.label.capitalize()}**"
        + (" (the event does not tell its severity)" if event.known_severity is None else ""),
        markdown.escaped(event.event_type.module[:60]),
        markdown.escaped(event.action[:100]),
        "" if event.rank is None else f"rank {event.rank:g}",
        container and f"in {markdown.code(container[:100])}",
        host and f"on {markdown.code(host[:100])}",
    )
    return " · ".join(filter(None, words))


def _summarized(event: Event) -> set[str]:
    """The properties that the summary shows: the rank, and what says no other severity than the one shown."""
    decide = event.event_type.severity
    names = ("Severity", "SeverityString") if decide({}) is None else ()
    same = {name for name in names if decide({name: event.texts.get(name, "")}) == event.severity}
    return same | ({"Rank"} if event.rank is not None else set())


def _repeats(repeats: Repeats) -> str:
    times = ""
    if repeats.first and repeats.last:
        times = f", the first at {_shown_time(repeats.first)}, the last at {_shown_time(repeats.last)}"
    return f"\n**{repeats.total} events like this one** in the same message{times}. The facts are the first one's."


def _facts(heading: str, facts: Iterable[Fact], texts: Texts) -> list[str]:
    lines = [heading]
    for label, _, value, block in facts:
        if shown := value(texts):
            lines.append(_line(label, shown, block=block))
    return lines if len(lines) > 1 else []


def _line(label: str, value: str, *, block: bool) -> str:
    if block and ("\n" in value or len(value) > _LONGEST_LINE):
        return f"- {label}:\n\n{markdown.block(markdown.shortened(value, _LONGEST_BLOCK))}\n"
    shown = markdown.code(markdown.truncate_middle(value, _LONGEST_LINE))
    return f"- {label}: {shown}" if shown else ""


def _times(item: Item, context: Context) -> list[str]:
    happened, published = item.event.time, item.published
    lines = ["\n**Times**\n"]
    if happened:
        lines.append(f"- Event: `{_shown_time(happened)}`")
    elif "LogDate" in item.event.texts:
        lines.append(_line("Event", item.event.texts["LogDate"], block=False))
        lines.append("- The time could not be read; the event is shown at its arrival.")
    if published:
        lines.append(f"- Published by Deep Security: `{_shown_time(published)}`")
    if happened and (delay := (published or context.now) - happened) > _SHOWN_DELAY:
        lines.append(f"- Delay until published: `{str(delay).partition('.')[0]}`")
    if happened and date_happened(item.event, context.now) is None:
        lines.append("- The time is outside of what Datadog takes; the event is shown at its arrival.")
    return lines if len(lines) > 1 else []


def _shown_time(time: datetime) -> str:
    return f"{str(time)[:19]} UTC"
