"""Measure what the payload's zip costs: CPU, import, memory, events a second and size.

Each round runs every measurement in a fresh process. Shown are medians over the rounds and their range: ratios hold
on a busy machine, milliseconds do not. Exits with 1 when a target is missed. Run `make package` first.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools import processes
from tools.bench import batches, fake_datadog
from tools.repository import PACKAGE, ROOT

# Events of an invocation by the latency of their answers in milliseconds: full rounds of requests, some seconds.
THROUGHPUT = {20: 960, 100: 480, 500: 96}
# Each sample twice, in so many batches.
EVENTS, BATCHES = 44, 18
TARGETS = {
    "CPU of an event / requests.post": ("≤", 0.9),
    "peak memory, 10 messages of 256 KB (MB)": ("≤", 100.0),
    # With quicker answers a busy machine decides.
    "events/s / ideal, answers after 500 ms": ("≥", 0.9),
    "zip (MB)": ("≤", 1.7),
}
# Of a figure to that of --against.
RATIO_TARGETS = {"import, compiling as on Lambda (ms)": ("≤", 1.1)}
# What the Lambda runtime ships and nothing else of this environment, so that what the zip lacks is missing here too.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py")
IMPORT = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "AWS_ACCESS_KEY_ID": "unused",
    "AWS_SECRET_ACCESS_KEY": "unused",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "DD_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:datadog-AbCdEf",
    "DD_TAGS": "env:production,team:security",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/queue",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/dead-letter-queue",
}
# Lets all events pass, but has something to do.
FILTER = {"rank_greater_than": 0, "exclude": [{"Reason": "*nothing*"}]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; the result is the exit code."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--zip", default=str(PACKAGE), help="the zip to measure (default: the module's)")
    parser.add_argument("--against", metavar="REVISION", help="a git revision or another zip, measured in alternation")
    options = parser.parse_args(arguments)
    sources = {"now": options.zip} | ({"before": options.against} if options.against else {})
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
            found = _measure(sources, Path(temporary), quick=options.quick)
    except KeyboardInterrupt:
        return 130
    return report(found["now"], found.get("before", {}))


def _measure(sources: Mapping[str, str], folder: Path, *, quick: bool) -> dict[str, dict[str, list[float]]]:
    """By name of the payload and by figure, the values of the rounds."""
    (folder / "runtime").mkdir()
    for name in RUNTIME:
        # A link has its bytecode at hand, as the runtime's own packages have on Lambda.
        (folder / "runtime" / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)
    for name, source in sources.items():
        _unpack(source, folder / name)
    share, rounds = (3, 1) if quick else (1, 5)
    _write_batches(folder, share)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in sources}
    subjects = [
        ("cpu", 0),
        *[("import", 0)] * (6 // share),
        ("memory", 0),
        *(("throughput", latency) for latency in THROUGHPUT),
    ]
    with fake_datadog.running(0, *THROUGHPUT) as addresses:
        urls = dict(zip((0, *THROUGHPUT), addresses, strict=True))
        # Payloads alternate as often as they can: the machine's speed changes all the time.
        for number, (subject, latency) in itertools.product(range(rounds), subjects):
            print(f"round {number + 1} of {rounds}: {subject}", file=sys.stderr)
            for name in sources:
                for figure, value in _figures(folder / name, subject, latency, urls[latency]).items():
                    found[name].setdefault(figure, []).append(value)
    for name in sources:
        found[name]["zip (MB)"] = [(folder / f"{name}.zip").stat().st_size / 1e6]
    return found


def _unpack(source: str, payload: Path) -> None:
    """source: a zip, or the git revision that has it."""
    archive = payload.with_suffix(".zip")
    if Path(source).is_file():
        shutil.copy(source, archive)
    else:
        command = ["git", "show", f"{source}:{PACKAGE.relative_to(ROOT)}"]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        if result.returncode:
            sys.exit(f"{source} is neither a file nor a revision with a zip: {result.stderr.decode().strip()}")
        archive.write_bytes(result.stdout)
    try:
        shutil.unpack_archive(archive, payload)
    except shutil.ReadError:
        sys.exit(f"{source} is not a zip")


def _write_batches(folder: Path, share: int) -> None:
    source = batches.events()
    made: dict[tuple[str, int], Any] = {("memory", 0): [batches.largest_batch(source)]}
    made["cpu", 0] = [batches.batch(source, count) for count in (1, *[EVENTS] * (1 + BATCHES // share))]
    for latency, count in THROUGHPUT.items():
        made["throughput", latency] = [batches.batch(source, size) for size in (16, count // share)]
    for (subject, latency), value in made.items():
        (folder / f"{subject}-{latency}.json").write_text(json.dumps(value), encoding="utf-8")


def _figures(payload: Path, subject: str, latency: int, url: str) -> dict[str, float]:
    """Values of one measurement by figure."""
    if subject == "import":
        modules = ("deep_security_datadog.handler", "requests")
        handler, requests = (float(_run(payload, url, "-c", IMPORT.format(module))) for module in modules)
        return {
            "import / import of requests": handler / requests,
            "import, compiling as on Lambda (ms)": 1000 * handler,
        }
    script, file = Path(__file__).with_name("measured.py"), payload.parent / f"{subject}-{latency}.json"
    answer: dict[str, float] = json.loads(_run(payload, url, str(script), subject, str(latency), str(file), url))
    return answer


def _run(payload: Path, url: str, *arguments: str) -> str:
    """The last line that the process prints. It writes no bytecode, as on Lambda, where /var/task is read-only."""
    environment = ENVIRONMENT | {
        "PYTHONPATH": f"{payload}{os.pathsep}{payload.parent / 'runtime'}",
        "AWS_ENDPOINT_URL": url,
        "DESTINATIONS": json.dumps({"events": {"url": url, "filter": FILTER}}),
    }
    command = [sys.executable, "-S", "-P", "-B", "-W", "ignore", *arguments]
    with processes.running(command, env=environment, cwd=payload) as process:
        output = process.stdout.read() if process.stdout else ""
        if process.wait():
            sys.exit(f"measuring {payload.name} failed\n{output[-3000:]}")
    return output.splitlines()[-1]


def report(now: Mapping[str, Sequence[float]], before: Mapping[str, Sequence[float]]) -> int:
    """Print a line a figure; the result is the exit code."""
    verdicts = []
    for figure, values in now.items():
        value = statistics.median(values)
        verdicts.append(verdict(TARGETS.get(figure), value))
        line = f"{figure:<50}{value:>7.3g}  {f'{min(values):.3g} to {max(values):.3g}':<16}{verdicts[-1]:<14}"
        if figure in before:
            ratio = statistics.median(new / old for new, old in zip(values, before[figure], strict=True))
            verdicts.append(verdict(RATIO_TARGETS.get(figure), ratio))
            line += f"before {statistics.median(before[figure]):<7.3g} now / before {ratio:.2f}  {verdicts[-1]}"
        print(line.rstrip())
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("requests", "boto3")]
    print(", ".join([f"Python {platform.python_version()}", *versions, platform.machine(), f"{os.cpu_count()} cores"]))
    return int(any(each.endswith("missed") for each in verdicts))


def verdict(target: tuple[str, float] | None, value: float) -> str:
    if target is None:
        return ""
    sign, bound = target
    met = value <= bound if sign == "≤" else value >= bound
    return f"{sign} {bound:g} {'met' if met else 'missed'}"


if __name__ == "__main__":
    sys.exit(main())
