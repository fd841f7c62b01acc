"""Says for each event of a file whether a filter keeps, folds or drops it, and by which option (`make explain`).

The file is taken for one message, as Deep Security would publish it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deep_security_datadog.envelope import Entry, open_envelope
from deep_security_datadog.event import Event
from deep_security_datadog.filter import Filter
from deep_security_datadog.fold import Item, Repeats, fold
from deep_security_datadog.text import title
from tools.samples import EventsError, load

_STYLES = {"kept": "green", "folded": "cyan"}


def main() -> int:
    """The command line; 1 for a file or a filter that cannot be used."""
    parser = argparse.ArgumentParser(prog="make explain", description=__doc__)
    parser.add_argument("--events", type=Path, required=True, help="JSON file: an array of events, or one event")
    parser.add_argument("--filter", default="{}", help="JSON object with the keys of a destination's `filter`")
    options = parser.parse_args()
    console = Console(highlight=False)
    try:
        chosen = Filter.from_options(_object(options.filter))
        message = load(options.events)
    except (EventsError, ValueError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    explain(message, chosen, console)
    return 0


def explain(message: object, chosen: Filter, console: Console) -> Counter[str]:
    """Print a table of the events; the result counts them by what becomes of them."""
    entries = [entry for record in open_envelope(message) for entry in record.entries]
    events = [None if entry.properties is None else Event(entry.properties) for entry in entries]
    verdicts = _verdicts(entries, events, chosen)
    table = Table("", "Event", "Severity", "Rank", "Verdict")
    for number, (entry, event) in enumerate(zip(entries, events, strict=True), 1):
        if event is None:
            table.add_row(str(number), Text(f"not an event: {entry.problem}", style="red"))
            continue
        rank = "" if event.rank is None else f"{event.rank:g}"
        verdict, words = verdicts[entry]
        shown = Text(words, style=_STYLES.get(verdict, "yellow"))
        table.add_row(str(number), Text(title(event, event.texts())), event.severity.label, rank, shown)
    console.print(table)
    by_type: dict[str, Counter[str]] = {}
    for entry, event in zip(entries, events, strict=True):
        name = event.event_type.name if event else "no event"
        by_type.setdefault(name, Counter())[verdicts[entry][0] if event else "no event"] += 1
    counts = sum(by_type.values(), Counter[str]())
    console.print(_summary(by_type, counts))
    return counts


def _summary(by_type: dict[str, Counter[str]], counts: Counter[str]) -> Table:
    """How many events of each type are kept, and dropped by which option."""
    verdicts = ["kept", *sorted(counts.keys() - {"kept"})]
    table = Table("Event type", *verdicts, show_footer=True)
    for name, found in sorted(by_type.items()):
        table.add_row(Text(name or "(no type)"), *(str(found[verdict] or "") for verdict in verdicts))
    for column, total in zip(table.columns, ("all", *(str(counts[verdict]) for verdict in verdicts)), strict=True):
        column.footer = total
    return table


def _verdicts(entries: Sequence[Entry], events: Sequence[Event | None], chosen: Filter) -> dict[Entry, tuple[str, str]]:
    """By entry: what becomes of the event in a word, and in words."""
    numbers = {entry: number for number, entry in enumerate(entries, 1)}
    verdicts = {}
    kept: list[Item] = []
    for entry, event in zip(entries, events, strict=True):
        if event is None:
            continue
        if reason := chosen.reason_to_drop(event):
            verdicts[entry] = (reason, f"dropped by {reason}")
        else:
            kept.append(Item(event, (entry,)))
    for item in fold(kept) if chosen.fold_repeats else kept:
        first, *others = item.entries
        verdicts[first] = ("kept", f"kept, for {_shown(item.repeats)}" if item.repeats else "kept")
        verdicts.update((other, ("folded", f"folded into {numbers[first]}")) for other in others)
    return verdicts


def _shown(repeats: Repeats) -> str:
    times = f", {repeats.first:%H:%M:%S} to {repeats.last:%H:%M:%S}" if repeats.first and repeats.last else ""
    return f"{repeats.total} events{times}"


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
