"""Measure what the zip costs: CPU of an event, import, memory and events a second, as ratios wherever there is one.

Each round runs every measurement in a fresh process; shown are medians and their range. Ratios hold on a busy machine,
milliseconds do not. Exits with 1 when a target is missed. Run `make package` first.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tools import processes, samples
from tools.fake_datadog import apart
from tools.repository import PACKAGE

SCRIPT = Path(__file__).with_name("measured.py")
# Events of an invocation by the latency of their answers in milliseconds: full rounds of requests, some seconds.
THROUGHPUT = {20: 960, 100: 480, 500: 96}
# Each sample event twice, in so many batches.
EVENTS, BATCHES = 44, 18
TARGETS = {
    "CPU of an event / requests.post": ("≤", 0.9),
    "import / import of requests": ("≤", 1.5),
    "peak memory, 10 messages of 256 KB (MB)": ("≤", 100.0),
    # With quicker answers a busy machine decides.
    "events/s / ideal, answers after 500 ms": ("≥", 0.9),
    "zip (MB)": ("≤", 1.7),
}
# What the Lambda runtime ships and nothing else of this environment, so that what the zip lacks is missing here too.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "unused",
    "AWS_SECRET_ACCESS_KEY": "unused",
    "AWS_DEFAULT_REGION": "us-east-1",
    "DD_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:datadog-AbCdEf",
    "DD_TAGS": "env:production,team:security",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/queue",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/dead-letter-queue",
}
# Lets all events pass, but has something to do.
FILTER = {"rank_greater_than": 0, "exclude": [{"Reason": "*nothing*"}]}
# A record that was delivered before sends nothing.
RECORDS = itertools.count()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; the result is the exit code."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("zip", nargs="?", type=Path, default=PACKAGE)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return report(_rounds(options.zip, Path(folder), quick=options.quick))


def _rounds(package: Path, folder: Path, *, quick: bool) -> dict[str, list[float]]:
    """By figure, the values of the rounds."""
    with ZipFile(package) as archive:
        archive.extractall(folder / "payload")
    (folder / "runtime").mkdir()
    for name in RUNTIME:
        # A link has its bytecode at hand, as the runtime's own packages have on Lambda.
        (folder / "runtime" / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)
    share, rounds = (3, 1) if quick else (1, 5)
    found: dict[str, list[float]] = {"zip (MB)": [package.stat().st_size / 1e6]}
    works = [("cpu", 0), *[("importing", 0)] * (6 // share), ("memory", 0), *(("throughput", ms) for ms in THROUGHPUT)]
    for number, (work, milliseconds) in itertools.product(range(rounds), works):
        print(f"round {number + 1} of {rounds}: {work}", file=sys.stderr)
        (folder / "batches.json").write_text(json.dumps(batches(work, milliseconds, share)), encoding="utf-8")
        with apart(milliseconds / 1000) as url:
            for figure, value in _measured(folder, work, str(milliseconds), url).items():
                found.setdefault(figure, []).append(value)
    return found


def _measured(folder: Path, work: str, milliseconds: str, url: str) -> dict[str, float]:
    """What one fresh process prints. It writes no bytecode, as on Lambda, where /var/task is read-only."""
    environment = ENVIRONMENT | {
        "PYTHONPATH": f"{folder / 'payload'}{os.pathsep}{folder / 'runtime'}",
        "AWS_ENDPOINT_URL": url,
        "DESTINATIONS": json.dumps({"events": {"url": url, "filter": FILTER}}),
    }
    arguments = [work, str(folder / "batches.json"), milliseconds, url]
    command = [sys.executable, "-S", "-P", "-B", "-W", "ignore", str(SCRIPT), *arguments]
    with processes.running(command, env=environment, cwd=folder) as process:
        output = process.stdout.read() if process.stdout else ""
        if process.wait():
            sys.exit(f"measuring failed\n{output[-3000:]}")
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def batches(work: str, milliseconds: int, share: int) -> list[Any]:
    """The SQS batches of a measurement; no event comes twice."""
    source = events()
    if work == "memory":
        # An event has more than half a kilobyte, so these are more than fit into messages as large as SNS takes.
        enough = list(itertools.islice(source, 10 * samples.MAX_MESSAGE_BYTES // 512))
        return [_batch(samples.split(enough)[:10])]
    cpu, throughput = [1, *[EVENTS] * (1 + BATCHES // share)], [16, THROUGHPUT.get(milliseconds, 0) // share]
    sizes = {"cpu": cpu, "throughput": throughput, "importing": []}[work]
    taken = (list(itertools.islice(source, size)) for size in sizes)
    return [_batch([part for place in range(10) if (part := each[place::10])]) for each in taken]


def events() -> Iterator[dict[str, Any]]:
    """The sample events in turn, without end; what differs from event to event in a fleet does so here."""
    found = [samples.events_of(message) for name, message in samples.messages().items() if name != "TestSNS"]
    for number, sample in enumerate(itertools.cycle(itertools.chain.from_iterable(found))):
        host = f"web-{number % 97}.example.com (web) [i-0123456789abcde{number % 97:02}]"
        fresh = {"EventID": 1_000_000 + number, "SourcePort": 1024 + number % 50_000, "Hostname": host}
        yield sample | {name: value for name, value in fresh.items() if name in sample or name == "EventID"}


def _batch(messages: Sequence[Any]) -> dict[str, Any]:
    notification = {"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:111122223333:deep-security"}
    bodies = [notification | {"MessageId": str(n), "Message": samples.encode(each)} for n, each in enumerate(messages)]
    records = [
        {"eventSource": "aws:sqs", "messageId": f"m-{next(RECORDS)}", "body": json.dumps(body)} for body in bodies
    ]
    return {"Records": records}


def report(found: Mapping[str, Sequence[float]]) -> int:
    """Print a line a figure; the result is the exit code."""
    missed = False
    for figure, values in found.items():
        value, verdict = statistics.median(values), ""
        if figure in TARGETS:
            sign, bound = TARGETS[figure]
            met = value <= bound if sign == "≤" else value >= bound
            verdict = f"{sign} {bound:g} {'met' if met else 'missed'}"
            missed |= not met
        print(f"{figure:<50}{value:>7.3g}  {f'{min(values):.3g} to {max(values):.3g}':<16}{verdict}".rstrip())
    versions = f"Python {platform.python_version()}, requests {version('requests')}, boto3 {version('boto3')}"
    print(f"{versions}, {platform.machine()}, {os.cpu_count()} cores")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
