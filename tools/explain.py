"""Says for each event of a file whether a filter keeps, folds or drops it, and by which option (`make explain`).

The file is taken for one message, as Deep Security would publish it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
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
    verdicts = dict(_verdicts(events, chosen))
    table = Table("", "Event", "Severity", "Rank", "Verdict")
    for number, (entry, event) in enumerate(zip(entries, events, strict=True)):
        if event is None:
            table.add_row(str(number + 1), Text(f"not an event: {entry.problem}", style="red"))
            continue
        rank = "" if event.rank is None else f"{event.rank:g}"
        kind, text = verdicts[number]
        shown = Text(text, style=_STYLES.get(kind, "yellow"))
        table.add_row(str(number + 1), Text(title(event)), event.severity.label, rank, shown)
    console.print(table)
    counts = Counter(kind for kind, _ in verdicts.values())
    counts["no event"] = events.count(None)
    console.print(", ".join(f"{number} {kind}" for kind, number in counts.most_common() if number))
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
