"""Figures, their targets, and what of them can be compared between two runs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """`bound` is the most that is good, or the least."""

    bound: float
    least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {number(self.bound)}"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value.

    values: of the repeats. least: whether the least of them counts, as with CPU time, which others' work on the
    machine can only lengthen; the median otherwise. relative_to: the figure of the same subject that it is a ratio
    to. comparable: whether the value is a ratio or a count by itself, the same on any machine.
    """

    name: str
    unit: str
    values: Sequence[float]
    least: bool = True
    target: Target | None = None
    relative_to: str = ""
    comparable: bool = False

    @property
    def value(self) -> float:
        return min(self.values) if self.least else statistics.median(self.values)

    @property
    def spread(self) -> float:
        """How far the repeats lie apart: the distance between the quartiles as a part of the value."""
        if len(self.values) < 3 or not self.value:
            return 0.0
        low, _, high = statistics.quantiles(self.values, n=4)
        return (high - low) / self.value


# By subject, then by payload.
Results = Mapping[str, Mapping[str, Sequence[Figure]]]


def ratio(figure: Figure, figures: Sequence[Figure]) -> float | None:
    """What two runs can be compared by: None when it is neither a ratio nor relative to another figure."""
    if figure.comparable:
        return figure.value
    base = next((other for other in figures if other.name == figure.relative_to), None)
    if base is None or not base.value:
        return None
    if len(base.values) == len(figure.values):
        # What was measured side by side had the same machine: others' work lengthens both.
        return statistics.median(mine / its for mine, its in zip(figure.values, base.values, strict=True))
    return figure.value / base.value


def number(value: float) -> str:
    """Three digits that count."""
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
