"""`make demo`: the whole way on this machine, from Deep Security's topic to what Datadog shows.

    python -m tools.demo [--events FILE] [--verbose]

Starts AWS and Datadog stand-ins, applies examples/single-account as it is with real Terraform, publishes events, shows
what arrived and takes everything down again. Succeeds only if each event arrived exactly once.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sized
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tools import fake_datadog, samples
from tools.emulator import Emulator, EmulatorError, emulator
from tools.samples import EventsError, Message
from tools.terraform import Terraform, TerraformError, copy_modules

EXAMPLE = Path("examples", "single-account")
ARRIVE_SECONDS = 60
# An event that comes twice comes within the time of a few invocations.
SETTLE_SECONDS = 2
LOG_LINES = 40
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

console = Console(highlight=False)
if not console.is_terminal:
    # Nobody's window is known, as in a log of CI; 80 columns would make the tags' column too narrow to read.
    console = Console(highlight=False, width=140)


class Interruption:
    """Ctrl-C and its relatives as KeyboardInterrupt, once: what takes everything down must not be interrupted itself.

    While held it waits, so that nothing is started or made without being noted down for its end.
    """

    def __init__(self) -> None:
        self._holding = False
        self._came = False

    def __call__(self, *_: object) -> None:
        for number in INTERRUPTIONS:
            signal.signal(number, signal.SIG_IGN)
        self._came = True
        if not self._holding:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        self._holding = True
        yield
        self._holding = False
        if self._came:
            raise KeyboardInterrupt


_EVENT_ID = re.compile(r"^- Event id: `(.+)`$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """How the arrivals compare with what was published."""

    missing: list[Any]
    repeated: list[Any]
    unexpected: int

    @property
    def good(self) -> bool:
        return not (self.missing or self.repeated or self.unexpected)


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description="Show Deep Security events as they reach Datadog.")
    parser.add_argument("--events", type=Path, help="JSON file with events of your own instead of the samples")
    parser.add_argument(
        "--verbose", action="store_true", help="print one event of each type in full, and Terraform's output"
    )
    options = parser.parse_args(arguments)
    interruption = Interruption()
    for number in INTERRUPTIONS:
        signal.signal(number, interruption)
    try:
        messages = samples.split(samples.load(options.events)) if options.events else list(samples.messages().values())
        return run(messages, interruption, verbose=options.verbose)
    except KeyboardInterrupt:
        console.print("\n[yellow]Interrupted; nothing was left running.[/]")
        return 130
    except (EmulatorError, EventsError, TerraformError) as error:
        console.print(Text(str(error), style="red"))
        return 1


def run(messages: list[Message], interruption: Interruption, *, verbose: bool) -> int:
    """From an empty machine to the verdict, and back."""
    published = [event for message in messages for event in samples.events_of(message)]
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(_progress())
        with _step(progress, "AWS emulator and Datadog stand-in"), interruption.held():
            aws = stack.enter_context(emulator())
            datadog = stack.enter_context(fake_datadog.running())
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-"))
            terraform = _terraform(Path(folder), aws, datadog)
        steps = _TerraformSteps(progress, terraform, verbose=verbose)
        with steps.step("terraform init"):
            terraform.init()
        with steps.step(f"terraform apply {EXAMPLE}"):
            terraform.apply()
            outputs = terraform.output()
        with _step(progress, f"publish {_count(messages, 'message')} with {_count(published, 'event')}"):
            for message in messages:
                samples.publish(aws.client("sns"), outputs["topic_arn"], message)
        _wait(progress, datadog, len(published))
        verdict = compare(published, datadog.events)
        log = [] if verdict.good else aws.function_log(outputs["function_name"])
        with steps.step("terraform destroy"):
            terraform.destroy()
        received = list(datadog.events)
    show(received, verbose=verbose)
    return _conclude(verdict, published, log)


def _terraform(folder: Path, aws: Emulator, datadog: fake_datadog.FakeDatadog) -> Terraform:
    # By the environment, which, unlike arguments, other users of the machine cannot see.
    variables = {"TF_VAR_datadog_api_key": fake_datadog.API_KEY, "TF_VAR_datadog_api_url": datadog.url}
    return Terraform(copy_modules(folder) / EXAMPLE, aws.environment() | variables)


def _progress() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


@contextlib.contextmanager
def _step(progress: Progress, description: str) -> Iterator[None]:
    task = _add(progress, description, 1)
    yield
    progress.update(task, completed=1)


def _add(progress: Progress, description: str, total: int | None) -> TaskID:
    if not console.is_terminal:
        console.print(f"{description} ...")
    return progress.add_task(description, total=total)


class _TerraformSteps:
    """Terraform's commands as steps that go forward resource by resource."""

    _PLAN = re.compile(r"Plan: (\d+) to add, \d+ to change, (\d+) to destroy")
    _DONE = re.compile(r"(Creation|Destruction) complete")

    def __init__(self, progress: Progress, terraform: Terraform, *, verbose: bool) -> None:
        self._progress = progress
        self._verbose = verbose
        self._task: TaskID | None = None
        terraform.on_line = self._line

    @contextlib.contextmanager
    def step(self, description: str) -> Iterator[None]:
        task = self._task = _add(self._progress, description, None)
        yield
        total = self._progress.tasks[task].total or 1
        self._progress.update(task, total=total, completed=total)

    def _line(self, line: str) -> None:
        if self._task is None:
            return
        if found := self._PLAN.match(line):
            self._progress.update(self._task, total=int(found[1]) + int(found[2]))
        elif self._DONE.search(line):
            self._progress.advance(self._task)
        if self._verbose:
            self._progress.console.print(Text(line, style="dim"))


def _wait(progress: Progress, datadog: fake_datadog.FakeDatadog, count: int) -> None:
    task = _add(progress, "events in Datadog", count)
    deadline = time.monotonic() + ARRIVE_SECONDS
    while len(datadog.events) < count and time.monotonic() < deadline:
        datadog.wait(lambda: len(datadog.events) >= count, 0.2)
        progress.update(task, completed=len(datadog.events))
    datadog.wait(lambda: len(datadog.events) > count, SETTLE_SECONDS)
    progress.update(task, completed=len(datadog.events))


def compare(published: list[Any], received: list[dict[str, Any]]) -> Verdict:
    """Match by EventID where each published event has one of its own, else by number alone."""
    numbers = Counter(str(event["EventID"]) for event in published if event.get("EventID") is not None)
    told_apart = {number for number, count in numbers.items() if count == 1}
    found = [_EVENT_ID.search(event["text"]) for event in received]
    arrived = Counter(match[1] for match in found if match)
    missing = sorted(told_apart - set(arrived))
    # A text that is too long loses its identifiers first.
    if len(missing) <= found.count(None) - (len(published) - numbers.total()):
        missing = []
    repeated = sorted(number for number in told_apart if arrived[number] > 1)
    return Verdict(missing, repeated, len(received) - len(published) if not missing and not repeated else 0)


def show(received: list[dict[str, Any]], *, verbose: bool) -> None:
    """The table of what Datadog received, in the order of the events' own times."""
    table = Table(title="What Datadog received", title_justify="left", show_lines=True)
    for name in ("Time", "Alert type", "Host", "Title and tags"):
        table.add_column(name, overflow="fold", max_width=22 if name == "Host" else None)
    styles = {"error": "red", "warning": "yellow", "info": "cyan"}
    for event in sorted(received, key=lambda event: event.get("date_happened", 0)):
        kind = event.get("alert_type", "info")
        tags = Text(" ".join(event.get("tags", [])), style="dim")
        table.add_row(
            _clock(event.get("date_happened")),
            Text(kind, style=styles.get(kind, "")),
            Text(event.get("host", "")),
            Text(event["title"], style="bold").append("\n").append_text(tags),
        )
    console.print(table)
    if verbose:
        for event in {_kind(event): event for event in received}.values():
            console.rule(Text(event["title"]))
            console.print(Text(event["text"]))


def _clock(seconds: int | None) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S") if seconds else "on arrival"


def _kind(event: dict[str, Any]) -> str:
    return next((str(tag) for tag in event.get("tags", []) if tag.startswith("event_type:")), str(event["title"]))


def _conclude(verdict: Verdict, published: list[Any], log: list[str]) -> int:
    if verdict.good:
        console.print(f"[green]{_count(published, 'event')} published, {len(published)} arrived, each once.[/]")
        return 0
    for words, numbers in (("did not arrive", verdict.missing), ("arrived more than once", verdict.repeated)):
        if numbers:
            console.print(f"[red]{_count(numbers, 'event')} {words}: EventID {', '.join(numbers)}[/]")
    if verdict.unexpected:
        console.print(f"[red]{verdict.unexpected:+d} compared with the {_count(published, 'event')} published[/]")
    console.print("The function's last log lines:")
    for line in log[-LOG_LINES:]:
        console.print(Text(line, style="dim"))
    return 1


def _count(things: Sized, name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
