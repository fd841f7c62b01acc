"""Says for each event of a file whether a filter keeps, folds or drops it, and by which option (`make explain`).

The file is taken for one message, as Deep Security would publish it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.event import Event
from deep_security_datadog.filter import Filter
from deep_security_datadog.fold import Repeats, fold, identity
from deep_security_datadog.render import title
from tools.samples import EventsError, load

_STYLES = {"kept": "green", "folded": "cyan"}


def main() -> int:
    """The command line; 1 for a file or a filter that cannot be used."""
    parser = argparse.ArgumentParser(prog="make explain", description=__doc__)
    parser.add_argument("--events", type=Path, required=True, help="JSON file: an array of events, or one event")
    parser.add_argument("--filter", default="{}", help="JSON object with the keys of the Terraform variable `filter`")
    parser.add_argument("--logs-filter", help="the same of `logs_filter`, for destination logs; left out = no logs")
    options = parser.parse_args()
    console = Console(highlight=False)
    texts = {"events": options.filter, "logs": options.logs_filter}
    try:
        filters = {name: Filter.from_options(_object(text)) for name, text in texts.items() if text is not None}
        message = load(options.events)
    except (EventsError, ValueError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    explain(message, filters, console)
    return 0


def explain(message: object, filters: Mapping[str, Filter], console: Console) -> dict[str, Counter[str]]:
    """Print a table with a column for each destination; the result counts the events by what becomes of them there."""
    entries = [entry for record in open_envelope(message) for entry in record.entries]
    events = [None if entry.properties is None else Event(entry.properties) for entry in entries]
    verdicts = {name: dict(_verdicts(events, chosen)) for name, chosen in filters.items()}
    table = Table("", "Event", "Severity", "Rank", *verdicts)
    for number, (entry, event) in enumerate(zip(entries, events, strict=True)):
        if event is None:
            table.add_row(str(number + 1), Text(f"not an event: {entry.problem}", style="red"))
            continue
        rank = "" if event.rank is None else f"{event.rank:g}"
        shown = (Text(text, style=_STYLES.get(kind, "yellow")) for kind, text in (v[number] for v in verdicts.values()))
        table.add_row(str(number + 1), Text(title(event)), event.severity.label, rank, *shown)
    console.print(table)
    counts = {name: Counter(kind for kind, _ in found.values()) for name, found in verdicts.items()}
    for name, count in counts.items():
        count["no event"] = events.count(None)
        console.print(f"{name}: " + ", ".join(f"{number} {kind}" for kind, number in count.most_common() if number))
    return counts


def _verdicts(events: Sequence[Event | None], chosen: Filter) -> Iterator[tuple[int, tuple[str, str]]]:
    """By number: what becomes of the event in a word, and in words."""
    kept: list[tuple[int, Event]] = []
    for number, event in enumerate(events):
        if event is not None:
            reason = chosen.reason_to_drop(event)
            if reason:
                yield number, (reason, f"dropped by {reason}")
            else:
                kept.append((number, event))
    # Without a key none is folded.
    for (first, event), *others in fold(kept, lambda item: identity(item[1]) if chosen.fold_repeats else None):
        repeats = Repeats.of([event, *(other for _, other in others)])
        yield first, ("kept", f"kept, for {_shown(repeats)}" if others else "kept")
        for number, _ in others:
            yield number, ("folded", f"folded into {first + 1}")


def _shown(repeats: Repeats) -> str:
    times = f", {repeats.first:%H:%M:%S} to {repeats.last:%H:%M:%S}" if repeats.first and repeats.last else ""
    return f"{repeats.count} events{times}"


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"the filter is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError('the filter must be a JSON object, such as {"minimum_severity": "high"}')
    return value


if __name__ == "__main__":
    sys.exit(main())
