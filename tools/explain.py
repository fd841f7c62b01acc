"""Says for each event of a file whether a filter keeps it, and if not, which option drops it (`make explain`)."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deep_security_datadog.envelope import open_envelope
from deep_security_datadog.event import Event
from deep_security_datadog.filter import Filter
from deep_security_datadog.render import title
from tools.samples import EventsError, load


def main() -> int:
    """The command line; 1 for a file or a filter that cannot be used."""
    parser = argparse.ArgumentParser(prog="make explain", description=__doc__)
    parser.add_argument("--events", type=Path, required=True, help="JSON file: an array of events, or one event")
    parser.add_argument("--filter", default="{}", help="JSON object with the keys of the Terraform variable `filter`")
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
    """Print the table; the result counts the events by what became of them."""
    table = Table("Event", "Severity", "Rank", "Kept or dropped")
    counts: Counter[str] = Counter()
    for record in open_envelope(message):
        for entry in record.entries:
            if entry.properties is None:
                counts["no event"] += 1
                table.add_row("", "", "", Text(f"not an event: {entry.problem}", style="red"))
                continue
            event = Event(entry.properties)
            reason = chosen.reason_to_drop(event)
            counts[reason or "kept"] += 1
            rank = "" if event.rank is None else f"{event.rank:g}"
            verdict = Text(f"dropped by {reason}", style="yellow") if reason else Text("kept", style="green")
            table.add_row(Text(title(event)), event.severity.label, rank, verdict)
    console.print(table)
    console.print(", ".join(f"{count} {name}" for name, count in counts.most_common()))
    return counts


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
