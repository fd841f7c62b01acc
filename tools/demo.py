"""`make demo`: from Deep Security's topic to what Datadog shows, all on this machine.

    python -m tools.demo [--events FILE] [--destinations JSON] [--open] [--verbose]

Starts an AWS emulator and a fake Datadog, applies examples/single-account as it is with real Terraform, publishes
events, shows what arrived, here and as build/demo.html, and takes everything down again. Succeeds only if each event
that no filter drops arrived exactly once.
"""

import argparse
import contextlib
import json
import re
import signal
import sys
import tempfile
import webbrowser
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from deep_security_datadog.deep_security.event import Event
from deep_security_datadog.filter import Filter
from deep_security_datadog.settings import Settings
from tools import demo_page, explain, fake_datadog, samples
from tools.demo_page import Destination
from tools.emulator import Emulator, EmulatorError, emulator
from tools.repository import ROOT
from tools.samples import EventsError, Message
from tools.terraform import Terraform, TerraformError, copy_modules

EXAMPLE = Path("examples", "single-account")
PAGE = ROOT / "build" / "demo.html"
ARRIVE_SECONDS = 60
# An event that comes twice comes within the time of a few invocations.
SETTLE_SECONDS = 2
LOG_LINES = 40
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COLUMNS = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
EVENT_ID = re.compile(r"^- Event id: `(.+)`$", re.MULTILINE)

# Nobody's window is known in a log of CI; 80 columns would make the titles' column too narrow to read.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


class Steps(Progress):
    """A bar for each step; those of Terraform go forward resource by resource."""

    _PLAN = re.compile(r"Plan: (\d+) to add, \d+ to change, (\d+) to destroy")
    _DONE = re.compile(r"(Creation|Destruction) complete")
    verbose = False

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[None]:
        if not console.is_terminal:
            console.print(f"{description} ...")
        self.now = self.add_task(description, total=total)
        yield
        if total is None:
            done = self.tasks[self.now].total or 1
            self.update(self.now, total=done, completed=done)

    def line(self, line: str) -> None:
        if found := self._PLAN.match(line):
            self.update(self.now, total=int(found[1]) + int(found[2]))
        elif self._DONE.search(line):
            self.advance(self.now)
        if self.verbose:
            self.console.print(Text(line, style="dim"))


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description="Show Deep Security events as they reach Datadog.")
    parser.add_argument("--events", type=Path, help="JSON file with events of your own instead of the samples")
    parser.add_argument("--destinations", type=_json_objects, help="JSON for the module's input of that name")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument("--verbose", action="store_true", help="print Terraform's output")
    options = parser.parse_args(arguments)
    for number in INTERRUPTIONS:
        signal.signal(number, _interrupt)
    try:
        messages = samples.split(samples.load(options.events)) if options.events else list(samples.messages().values())
        console.print("All on this machine, in about two minutes.")
        good = run(messages, options.destinations, verbose=options.verbose)
    except KeyboardInterrupt:
        console.print("\n[yellow]Interrupted; nothing was left running.[/]")
        return 130
    except (EmulatorError, EventsError, TerraformError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    console.print("In full, as a page:", Text(str(PAGE.relative_to(ROOT)), style=f"link {PAGE.as_uri()}"))
    if options.open and not webbrowser.open(PAGE.as_uri()):
        console.print("No browser was found to open it.")
    return 0 if good else 1


def _interrupt(*_: object) -> None:
    """Once: what takes everything down must not be interrupted itself."""
    for number in INTERRUPTIONS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _json_objects(text: str) -> dict[str, dict[str, Any]]:
    with contextlib.suppress(ValueError):
        value = json.loads(text)
        if isinstance(value, dict) and all(isinstance(options, dict) for options in value.values()):
            return value
    raise argparse.ArgumentTypeError('must be JSON such as {"events": {}, "logs": {}}')


def run(messages: list[Message], options: Any, *, verbose: bool) -> bool:
    """From an empty machine to the page and back; the result says whether each event arrived once."""
    published = sum(len(samples.events_of(message)) for message in messages)
    with contextlib.ExitStack() as stack:
        steps = stack.enter_context(Steps(*COLUMNS, console=console))
        with steps.step("AWS emulator and fake Datadog"):
            aws = stack.enter_context(emulator())
            datadog = stack.enter_context(fake_datadog.running())
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-"))
            terraform = _terraform(Path(folder), aws, datadog.url, options)
        terraform.on_line, steps.verbose = steps.line, verbose
        with steps.step("terraform init"):
            terraform.init()
        with steps.step(f"terraform apply {EXAMPLE}"):
            terraform.apply()
            outputs = terraform.output()
            aws.store(outputs["secret_arn"], fake_datadog.API_KEY)
        with steps.step(f"publish {_count(len(messages), 'message')} with {_count(published, 'event')}"):
            for message in messages:
                samples.publish(aws.client("sns"), outputs["topic_arn"], message)
        function = aws.client("lambda").get_function_configuration(FunctionName=outputs["function_name"])
        variables = function["Environment"]["Variables"]
        destinations = _destinations(messages, variables, datadog)
        _wait(steps, datadog, destinations)
        show(destinations[0])
        good = conclude(destinations, published, aws.function_log(outputs["function_name"])[-LOG_LINES:])
        PAGE.parent.mkdir(exist_ok=True)
        page = demo_page.render(destinations, published=published, console_url=variables.get("CONSOLE_URL"))
        # Logs may hold half a surrogate pair, which is no character.
        PAGE.write_text(page, encoding="utf-8", errors="replace")
        with steps.step("terraform destroy"):
            terraform.destroy()
    return good


def _terraform(folder: Path, aws: Emulator, url: str, options: Any) -> Terraform:
    example = copy_modules(folder) / EXAMPLE
    if options:
        # Merged into the module's block: https://developer.hashicorp.com/terraform/language/files/override
        destinations = {name: {"url": url} | chosen for name, chosen in options.items()}
        override = {"module": {"deep_security_datadog": {"destinations": destinations}}}
        (example / "demo_override.tf.json").write_text(json.dumps(override), encoding="utf-8")
    return Terraform(example, aws.environment() | {"TF_VAR_datadog_api_url": url})


def _destinations(
    messages: Iterable[Message], variables: Mapping[str, str], datadog: fake_datadog.FakeDatadog
) -> list[Destination]:
    """The function's destinations, by its environment: what each is to receive, and what it does receive."""
    options = json.loads(variables["DESTINATIONS"])
    found = []
    for name, settings in Settings.from_environment(variables).destinations.items():
        chosen = settings.filter
        changed = [option for option in Filter._fields if getattr(chosen, option) != getattr(Filter(), option)]
        shown = {option: options[name]["filter"][option] for option in changed}
        verdicts = [each for message in messages for each in explain.verdicts(message, chosen)]
        found.append(Destination(name, shown, verdicts, getattr(datadog, name)))
    return found


def _wait(steps: Steps, datadog: fake_datadog.FakeDatadog, destinations: list[Destination]) -> None:
    def missing() -> int:
        steps.update(steps.now, completed=sum(len(destination.received) for destination in destinations))
        return sum(len(destination.sent) - len(destination.received) for destination in destinations)

    with steps.step("arrive in Datadog", sum(len(destination.sent) for destination in destinations)):
        datadog.wait(lambda: missing() <= 0, ARRIVE_SECONDS)
        datadog.wait(lambda: missing() < 0, SETTLE_SECONDS)


def compare(sent: Iterable[str | None], received: Iterable[str | None]) -> tuple[Counter[str | None], ...]:
    """What did not arrive and what arrived too often, by EventID (None = it has none)."""
    wanted, arrived = Counter(sent), Counter(received)
    missing, surplus = wanted - arrived, arrived - wanted
    # A text that is too long loses its identifiers first.
    lost = missing.total() == surplus[None] == surplus.total()
    return (Counter(), Counter()) if lost else (missing, surplus)


def _event_id(received: Mapping[str, Any]) -> str | None:
    if "deep_security" in received:
        return Event(received["deep_security"]).texts.get("EventID")
    found = EVENT_ID.search(received["text"])
    return found[1] if found else None


def show(destination: Destination) -> None:
    """The table of what arrived, in the order of the events' own times; what looks the same is counted."""
    table = Table("Time", "Status", "Host", "Title", "Events", title="What Datadog received", title_justify="left")
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in reversed(destination.rows):
        alike.setdefault((row["alert_type"], row["host"], row["title"]), []).append(row)
    for (status, host, title), rows in alike.items():
        seconds = rows[0]["date_happened"]
        time = datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S") if seconds else "on arrival"
        shown = Text(status, style=STYLES[demo_page.level(status)])
        table.add_row(time, shown, Text(host), Text(title), str(len(rows)))
    console.print(table)


def conclude(destinations: Iterable[Destination], published: int, log: Iterable[str]) -> bool:
    """Say how what arrived compares with what was to arrive; whether it is the same."""
    good = True
    for destination in destinations:
        sent = (each.event.texts.get("EventID") for each in destination.sent if each.event)
        missing, surplus = compare(sent, map(_event_id, destination.received))
        counts = {
            "dropped by the filter": len(destination.dropped),
            "folded into others": len(destination.folded),
            f"missing (EventID {', '.join(map(str, missing))})": missing.total(),
            f"too many (EventID {', '.join(map(str, surplus))})": surplus.total(),
        }
        bad = bool(missing or surplus)
        arrived = f"{len(destination.received)} of {published} arrived{'' if bad else ', each once'}"
        words = [f"{destination.name}: {arrived}", *(f"{count} {name}" for name, count in counts.items() if count)]
        console.print(Text(", ".join(words), style="red" if bad else "green"))
        good = good and not bad
    if not good:
        console.print("The function's last log lines:", *(Text(line, style="dim") for line in log), sep="\n")
    return good


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
