"""The figures as one SVG each, for those that are read best as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pygal
from pygal.style import CleanStyle

from tools.bench.figures import Figure, Results

# Subject, unit, title.
PLOTS = {
    "throughput": ("% of the ideal", "Share of the ideal in one invocation"),
    "cpu": ("ms CPU per event", "CPU time per event (ms)"),
    "cold": ("ms CPU", "CPU time of a cold start (ms)"),
}


def write(results: Results, folder: Path) -> list[Path]:
    """A bar per figure and payload."""
    paths = []
    for subject, (unit, title) in PLOTS.items():
        if subject in results:
            paths.append(_bars(results[subject].items(), unit, title, folder / f"{subject}.svg"))
    return paths


def _bars(found: Iterable[tuple[str, Sequence[Figure]]], unit: str, title: str, path: Path) -> Path:
    chart = pygal.HorizontalBar(
        title=title, style=CleanStyle, show_legend=True, legend_at_bottom=True, js=(), print_values=True,
        value_formatter=lambda value: f"{value:.3g}",
    )  # fmt: skip
    for name, figures in found:
        chosen = [figure for figure in figures if figure.unit == unit]
        chart.x_labels = [figure.name for figure in reversed(chosen)]
        chart.add(name, [figure.value for figure in reversed(chosen)])
    chart.render_to_file(str(path))
    return path
