"""Says for each event of a file whether a filter keeps, folds or drops it, and by which option (`make explain`).

The file is taken for one message, as Deep Security would publish it.
"""

import argparse
import contextlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deep_security_datadog.aws import envelope
from deep_security_datadog.datadog.markdown import plain
from deep_security_datadog.datadog.request import Item
from deep_security_datadog.datadog.text import title
from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.filter import Filter
from deep_security_datadog.fold import fold
from tools.samples import EventsError, load

_NO_EVENT = "no event"
_STYLES = {"kept": "green", "folded": "cyan", _NO_EVENT: "red"}


class Verdict(NamedTuple):
    """What becomes of an element. verdict: kept, folded, the option that drops it, or no event (then event is None)."""

    event: Event | None
    verdict: str
    sentence: str = ""


def main() -> int:
    """The command line; 1 for a file or a filter that cannot be used."""
    parser = argparse.ArgumentParser(prog="make explain", description=__doc__)
    parser.add_argument("--events", type=Path, required=True, help="JSON file: an array of events, or one event")
    parser.add_argument("--filter", default="{}", help="JSON object with the keys of a destination's `filter`")
    options = parser.parse_args()
    console = Console(highlight=False)
    try:
        console.print(*explain(load(options.events), Filter.from_options(_object(options.filter))), sep="\n")
    except (EventsError, ValueError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    return 0


def _object(text: str) -> dict[str, object]:
    with contextlib.suppress(json.JSONDecodeError):
        value = json.loads(text)
        if isinstance(value, dict):
            return value
    raise ValueError('the filter must be a JSON object, such as {"minimum_severity": "high"}')


def explain(message: object, chosen: Filter) -> tuple[Table, Table]:
    """A table of the events, and one of how many of each type are kept, and dropped by which option."""
    events, types = Table("", "Event", "Severity", "Rank", "Verdict"), Table("Event type", show_footer=True)
    counts: dict[str, Counter[str]] = {}
    for number, (event, verdict, sentence) in enumerate(verdicts(message, chosen), 1):
        shown = (title(event), event.severity.label) if event else ("", "")
        rank = f"{event.rank:g}" if event and event.rank is not None else ""
        events.add_row(str(number), *map(Text, shown), rank, Text(sentence, style=_STYLES.get(verdict, "yellow")))
        name = (plain(event.event_type.name) or "(no type)") if event else _NO_EVENT
        counts.setdefault(name, Counter())[verdict] += 1
    total = sum(counts.values(), Counter[str]())
    for verdict in ["kept", *sorted(total.keys() - {"kept"})]:
        types.add_column(verdict, footer=str(total[verdict]))
    types.columns[0].footer = "all"
    for name, found in sorted(counts.items()):
        types.add_row(Text(name), *(str(found[str(column.header)] or "") for column in types.columns[1:]))
    return events, types


def verdicts(message: object, chosen: Filter) -> list[Verdict]:
    """Of each element of the message, in order."""
    records = [envelope.read(raw, sys.maxsize) for raw in envelope.raw_records(message)]
    entries = [entry for record in records for entry in record.entries]
    found = [Verdict(None, _NO_EVENT, f"not an event: {entry.problem}") for entry in entries]
    kept: list[Item] = []
    for place, entry in enumerate(entries):
        if entry.properties is None:
            continue
        event = Event(entry.properties)
        if reason := chosen.reason_to_drop(event):
            found[place] = Verdict(event, reason, f"dropped by {reason}")
        else:
            found[place] = Verdict(event, "kept", "kept")
            kept.append(Item(event, parts=(place,)))
    for item in fold(kept) if chosen.fold_repeats else ():
        first, *others = item.parts
        if repeats := item.repeats:
            times = f", {repeats.first:%H:%M:%S} to {repeats.last:%H:%M:%S}" if repeats.first and repeats.last else ""
            found[first] = found[first]._replace(sentence=f"kept, for {repeats.total} events{times}")
        for other in others:
            found[other] = found[other]._replace(verdict="folded", sentence=f"folded into {first + 1}")
    return found


if __name__ == "__main__":
    sys.exit(main())
