"""What a new execution environment costs before its second event, and which imports make it up."""

from __future__ import annotations

import compileall
import re
import shutil
import statistics
import sysconfig
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tools.bench import lambda_events
from tools.bench.bench import Bench
from tools.bench.figures import NAIVE, Figure, Target, beside
from tools.bench.inside.yardstick import NAME as YARDSTICK
from tools.bench.payloads import Payload

ROUNDS = 17
MOST_IMPORTS = 8
POSTS = 12
IMPORT_TARGET, FIRST_TARGET = Target(120), Target(350)
ZIP_TARGET = Target(1.7)
_IMPORT_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")


def measure(bench: Bench) -> dict[str, list[Figure]]:
    """Fresh processes in turn; as on Lambda without bytecode of the payload, and beside it with."""
    options = {
        "event": bench.file(lambda_events.payload(1)),
        "base": NAIVE,
        "posts": POSTS,
        "url": f"{bench.stand_in.http}/api/v1/events",
        "packages": sysconfig.get_path("purelib"),
    }
    found: dict[str, dict[str, list[Any]]] = {payload.name: {"": [], "compiled": []} for payload in bench.payloads}
    compiled = {payload.name: _compiled(bench, payload) for payload in bench.payloads}
    for number in range(bench.rounds(ROUNDS)):
        for payload in bench.payloads:
            bench.report(f"cold start, round {number + 1}, {payload.name}")
            found[payload.name][""].append(bench.run("cold_start", payload, options)[0])
            answer, _ = bench.run("cold_start", payload, options, folder=compiled[payload.name].folder)
            found[payload.name]["compiled"].append(answer)
    return {
        payload.name: [
            *_figures(payload, found[payload.name][""], found[payload.name]["compiled"]),
            *_imports(bench, compiled[payload.name], options),
        ]
        for payload in bench.payloads
    }


def _compiled(bench: Bench, payload: Payload) -> Payload:
    folder = bench.folder / f"{payload.folder.name}-compiled"
    shutil.copytree(payload.folder, folder)
    compileall.compile_dir(folder, quiet=2)
    return Payload(payload.name, folder, payload.zip_bytes)


def _figures(payload: Payload, plain: Sequence[Any], compiled: Sequence[Any]) -> list[Figure]:
    ratios = {id(answer): beside(answer["chunks"], YARDSTICK) for answer in (*plain, *compiled)}
    # How many of one yardstick are one of the other, on this machine.
    naive = statistics.median(value for found in ratios.values() for value in found[NAIVE])

    def figure(name: str, answers: Sequence[Any], key: str, target: Target | None = None) -> Figure:
        return Figure(
            name=name,
            unit="ms CPU",
            values=[1000 * dict(answer["chunks"])[key] for answer in answers],
            target=target,
            relative_to=NAIVE,
            ratios=[ratios[id(answer)][key][0] / naive for answer in answers if key != NAIVE],
        )

    return [
        figure("bare interpreter", [*plain, *compiled], "interpreter"),
        figure("import, compiling as on Lambda", plain, "import", IMPORT_TARGET),
        figure("first event, compiling", plain, "first", FIRST_TARGET),
        figure("import, bytecode at hand", compiled, "import", IMPORT_TARGET),
        figure("first event, bytecode at hand", compiled, "first", FIRST_TARGET),
        figure(NAIVE, [*plain, *compiled], NAIVE),
        _count("modules after the import", [answer["modules"] for answer in plain]),
        _count("modules after the first event", [answer["modules_first"] for answer in plain]),
        Figure(name="size of the zip", unit="MB", values=[payload.zip_bytes / 1e6], target=ZIP_TARGET, comparable=True),
    ]


def _count(name: str, values: Sequence[int]) -> Figure:
    return Figure(name=name, unit="modules", values=values, comparable=True)


def _imports(bench: Bench, compiled: Payload, options: dict[str, Any]) -> list[Figure]:
    """What each top-level package costs to import, itself and its submodules, with bytecode at hand.

    `-X importtime` slows all of it down a little; the shares are what it is good for.
    """
    rounds: list[dict[str, Counter[str]]] = []
    for _ in range(3):
        _, printed = bench.run("cold_start", compiled, options, "-X", "importtime")
        handler, _, event = printed.partition("--- bare")[2].partition("--- imported")
        event = event.partition("--- measured")[0]
        rounds.append({"import": _packages(handler), "first event": _packages(event)})
    return [
        Figure(
            name=f"{phase}: {package}",
            unit="ms importing",
            values=[counts[phase][package] / 1000 for counts in rounds],
        )
        for phase in ("import", "first event")
        for package, _ in rounds[0][phase].most_common(MOST_IMPORTS)
    ]


def _packages(printed: str) -> Counter[str]:
    """Microseconds by top-level package."""
    counts: Counter[str] = Counter()
    for match in _IMPORT_LINE.finditer(printed):
        counts[match[2].partition(".")[0]] += int(match[1])
    return counts
