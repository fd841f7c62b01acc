"""Figures, their targets, and what of them can be compared between two runs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

# The yardstick: what somebody would write without thinking of cost, without TLS.
NAIVE = "requests.post, plain HTTP"
# How many milliseconds of CPU it takes where the targets come from.
NAIVE_MILLISECONDS = 0.9

# What was measured in one process, one after the other: the name and seconds.
Chunks: TypeAlias = Sequence[tuple[str, float]]


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

    values: of the repeats. pick: which of them counts: the least with CPU time, which others' work on the machine can
    only lengthen. relative_to: the name of the yardstick, to which `ratios` were measured side by side; what others do
    lengthens both. comparable: whether the value is a ratio or a count by itself, the same on any machine.
    """

    name: str
    unit: str
    values: Sequence[float]
    pick: Callable[[Sequence[float]], float] = min
    target: Target | None = None
    relative_to: str = ""
    ratios: Sequence[float] = ()
    comparable: bool = False

    @property
    def value(self) -> float:
        return self.pick(self.values)

    @property
    def ratio(self) -> float | None:
        """What two runs can be compared by; None when it is neither a ratio nor relative to another figure."""
        if self.comparable:
            return self.value
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def ratio_target(self) -> Target | None:
        """The target in units of the yardstick: milliseconds are others on another machine."""
        if self.target is None or self.relative_to != NAIVE:
            return None
        return Target(self.target.bound / NAIVE_MILLISECONDS)

    @property
    def spread(self) -> float:
        """How far the repeats, or their ratios, lie apart: the distance of the quartiles as a part of the median."""
        values = self.ratios or self.values
        if len(values) < 3 or not statistics.median(values):
            return 0.0
        low, middle, high = statistics.quantiles(values, n=4)
        return (high - low) / middle


# By subject, then by payload.
Results = Mapping[str, Mapping[str, Sequence[Figure]]]


def beside(chunks: Chunks, base: str) -> dict[str, list[float]]:
    """Each chunk as a ratio to the chunks of the yardstick directly before and after it, by name.

    A machine that others use is faster and slower by the tenth of a second; what lies side by side has the same speed.
    """
    ratios: dict[str, list[float]] = {}
    for place, (name, seconds) in enumerate(chunks):
        if name != base:
            around = chunks[max(0, place - 1) : place + 2]
            yardstick = statistics.mean(value for other, value in around if other == base)
            ratios.setdefault(name, []).append(seconds / yardstick)
    return ratios


def number(value: float) -> str:
    """Three digits that count."""
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
