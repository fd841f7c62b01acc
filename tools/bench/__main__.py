"""`make bench`: measures the payload from outside and shows tables; JSON and plots lie in build/bench.

python -m tools.bench [--quick] [--only SUBJECT ...] [--against REVISION]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tools.bench import (
    certificate,
    cold_start,
    cpu,
    growth,
    logs,
    machine,
    memory,
    payloads,
    plot,
    stand_in,
    throughput,
)
from tools.bench import whole_way as whole
from tools.bench.bench import Bench, BenchError
from tools.bench.figures import Figure, Results, Target, number
from tools.bench.payloads import WORKING_TREE, PayloadError
from tools.emulator import EmulatorError
from tools.repository import ROOT
from tools.terraform import TerraformError

FOLDER = ROOT / "build" / "bench"
# Two runs on one machine are taken to agree within this.
AGREEMENT = 0.15

Measure = Callable[[Bench], dict[str, list[Figure]]]
SUBJECTS: dict[str, tuple[str, Measure]] = {
    "cpu": ("CPU time per event", cpu.measure),
    "cold": ("Cold start", cold_start.measure),
    "memory": ("Peak memory", memory.measure),
    "throughput": ("One invocation", throughput.measure),
    "logs": ("Destination logs", logs.measure),
    "growth": ("Growth", growth.measure),
    "whole": ("The whole way on the emulator", whole.measure),
}

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=150)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure what the payload costs.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats and smaller sizes")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS), metavar="SUBJECT")
    parser.add_argument(
        "--against", metavar="REVISION", help="measure another revision's payload in turn with this one"
    )
    options = parser.parse_args(arguments)
    try:
        results = run(options.only, options.against, quick=options.quick)
    except (BenchError, PayloadError, EmulatorError, TerraformError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    except KeyboardInterrupt:
        console.print("\n[yellow]Interrupted; nothing was left running.[/]")
        return 130
    about = machine.description()
    for subject, found in results.items():
        console.print(table(SUBJECTS[subject][0], found))
    console.print(", ".join(f"{name} {value}" for name, value in about.items()), style="dim")
    save(results, about, quick=options.quick)
    return 0


def run(subjects: Sequence[str], against: str | None, *, quick: bool) -> Results:
    """Each subject after the other: two at once would measure each other."""
    results: dict[str, dict[str, list[Figure]]] = {}
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(*columns, console=console))
        task = progress.add_task("", total=len(subjects))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server, trusted = certificate.write(folder)
        found = [payloads.of_working_tree(folder / "payload", trusted)]
        if against:
            found.append(payloads.of_revision(against, folder / "other", trusted))
        datadog = stack.enter_context(stand_in.running(server))

        def report(text: str) -> None:
            progress.update(task, description=text)
            if not console.is_terminal:
                console.print(f"{time.strftime('%H:%M:%S')} {text}")

        bench = Bench(found, datadog, folder, quick, report)
        for subject in subjects:
            results[subject] = SUBJECTS[subject][1](bench)
            progress.advance(task)
    return results


def table(title: str, found: Mapping[str, Sequence[Figure]]) -> Table:
    """A row a figure: what this tree gives and, where there is another revision, what that gives and the quotient."""
    result = Table(title=title, title_justify="left")
    other = next((name for name in found if name != WORKING_TREE), None)
    result.add_column("Figure")
    result.add_column("Unit")
    compared = (other, "Now : then") if other else ()
    yardstick = next((figure.relative_to for figure in found[WORKING_TREE] if figure.relative_to), "")
    relative = (f"Of {yardstick}", "Target of it") if yardstick else ()
    for name in (WORKING_TREE, "Target", *compared, *relative, "Spread"):
        result.add_column(name, justify="right")
    then = {(figure.name, figure.unit): figure for figure in (found[other] if other else ())}
    for figure in found[WORKING_TREE]:
        before = then.get((figure.name, figure.unit))
        value = None if figure.comparable else figure.ratio
        in_units = ("", "") if value is None else (number(value), _met(figure.ratio_target, value))
        result.add_row(
            figure.name,
            figure.unit,
            number(figure.value),
            _met(figure.target, figure.value),
            *((number(before.value) if before else "", _quotient(figure, before)) if other else ()),
            *(in_units if yardstick else ()),
            f"{figure.spread:.0%}" if figure.spread else "",
        )
    return result


def _quotient(figure: Figure, before: Figure | None) -> str:
    """Of the ratios where there are some: they repeat better than seconds."""
    now, then = figure.ratio or figure.value, before and (before.ratio or before.value)
    return f"{now / then:.2f}" if then else ""


def _met(target: Target | None, value: float) -> Text:
    if target is None:
        return Text("")
    met = target.met(value)
    return Text(f"{target} {'met' if met else 'missed'}", style="green" if met else "red")


def save(results: Results, about: dict[str, Any], *, quick: bool) -> None:
    """JSON and plots, and how the ratios differ from those of the run before on the same payload."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "bench.json"
    ratios = {
        f"{subject}: {figure.name} ({figure.unit})": value
        for subject, found in results.items()
        for figure in found[WORKING_TREE]
        if (value := figure.ratio) is not None
    }
    if file.exists():
        _compare(ratios, json.loads(file.read_text(encoding="utf-8"))["ratios"])
    figures = {
        subject: {
            name: [
                {
                    "name": figure.name,
                    "unit": figure.unit,
                    "value": figure.value,
                    "values": list(figure.values),
                    "ratio": figure.ratio,
                    "ratios": list(figure.ratios),
                }
                for figure in figures
            ]
            for name, figures in found.items()
        }
        for subject, found in results.items()
    }
    everything = {"machine": about, "quick": quick, "ratios": ratios, "figures": figures}
    file.write_text(json.dumps(everything, indent=1), encoding="utf-8")
    paths = [file, *plot.write(results, FOLDER)]
    console.print("Written: " + ", ".join(str(path.relative_to(ROOT)) for path in paths))


def _compare(now: dict[str, float], before: dict[str, float]) -> None:
    both = {name: now[name] / before[name] for name in now if before.get(name)}
    if not both:
        return
    apart = {name: value for name, value in both.items() if abs(value - 1) > AGREEMENT}
    console.print(f"{len(both) - len(apart)} of {len(both)} ratios are within {AGREEMENT:.0%} of the run before.")
    for name, value in apart.items():
        console.print(f"  {name}: {before[name]:.3g} before, {now[name]:.3g} now ({value:.2f})")


if __name__ == "__main__":
    sys.exit(main())
