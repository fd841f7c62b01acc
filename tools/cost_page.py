"""Writes the tables of docs/cost.md from prices, measured figures and assumptions. `make docs` runs it.

Each is a value in one of the tables below, with where it comes from; the page's prose is written by hand around them.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping

from tools.repository import ROOT

PAGE = ROOT / "docs" / "cost.md"

# US dollars in us-east-1 without free tiers: name, price, unit, page.
PRICES: Mapping[str, tuple[float, str, str]] = {
    "Lambda, x86_64": (0.0000166667, "GB-second", "https://aws.amazon.com/lambda/pricing/"),
    "Lambda, arm64": (0.0000133334, "GB-second", "https://aws.amazon.com/lambda/pricing/"),
    "Lambda requests": (0.20 / 1e6, "invocation", "https://aws.amazon.com/lambda/pricing/"),
    "SQS requests": (0.40 / 1e6, "request of up to 64 KiB", "https://aws.amazon.com/sqs/pricing/"),
    "SNS requests": (0.50 / 1e6, "publish of up to 64 KiB", "https://aws.amazon.com/sns/pricing/"),
    "Secrets Manager secret": (0.40, "secret and month", "https://aws.amazon.com/secrets-manager/pricing/"),
    "Secrets Manager calls": (0.05 / 1e4, "call", "https://aws.amazon.com/secrets-manager/pricing/"),
    "CloudWatch logs": (0.50, "GB ingested", "https://aws.amazon.com/cloudwatch/pricing/"),
    "CloudWatch log storage": (0.03, "GB and month", "https://aws.amazon.com/cloudwatch/pricing/"),
    "CloudWatch metrics": (0.30, "metric and month, by the hour", "https://aws.amazon.com/cloudwatch/pricing/"),
    "CloudWatch alarms": (0.10, "metric of an alarm and month", "https://aws.amazon.com/cloudwatch/pricing/"),
    "Data to the internet": (0.09, "GB", "https://aws.amazon.com/ec2/pricing/on-demand/"),
}

# Milliseconds of a whole core, as `make bench` measured them and rounded up: 0.89 to 0.99 an event, and 233 to 243 for
# the import with 203 to 206 for the first event.
CPU_PER_EVENT = 1.0
CPU_OF_A_COLD_START = 450.0
# A process that is stopped many times a second finds its caches cold: 1.7 to 2.2 ms an event under a quota of 256 MB's
# share of a core.
SHARED = 2.0
# Bytes: of the sample events' mean body of 2,035 with headers and TLS, and of the payload's line for a message of five
# events (764) with Lambda's own three and what CloudWatch adds to each.
SENT_PER_EVENT = 2_400
LOGGED_PER_INVOCATION = 1_200

# Of the module.
ARCHITECTURES = ("arm64", "x86_64")
MEMORY_MB = 256
AT_ONCE = 16
MAXIMUM_CONCURRENCY = 5
ALARM_METRICS = 8
CUSTOM_METRICS = 7
KEY_RELOAD_SECONDS = 300

# A whole core: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MB_PER_CORE = 1769
# Lambda keeps five long polls of 20 seconds open: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
IDLE_POLLS, POLL_SECONDS = 5, 20
# Assumed.
LATENCY = 100.0
CPU_PER_INVOCATION = 3.0
EVENTS_PER_MESSAGE = 5
MESSAGES_PER_INVOCATION = 1
ENVIRONMENT_HOURS = 2
MONTH_HOURS = 730

# Events a minute of a whole organization: reference datadog-apis, section 1.8.
DATADOG_LIMIT = 250_000
MEMORY_SIZES = (128, 256, 512, 1024, 1769)
VOLUMES = {"idle": 0, "a thousand": 1_000, "a million": 1_000_000, "a hundred million": 100_000_000}


def costs(events: int) -> dict[str, float]:
    """US dollars a month by service."""
    messages = events / EVENTS_PER_MESSAGE
    invocations = messages / MESSAGES_PER_INVOCATION
    environments = min(invocations, MAXIMUM_CONCURRENCY * MONTH_HOURS / ENVIRONMENT_HOURS)
    polls = IDLE_POLLS * MONTH_HOURS * 3600 / POLL_SECONDS
    # At most one reading every so often in each environment, and one in each that is new.
    readings = min(invocations, environments + MAXIMUM_CONCURRENCY * MONTH_HOURS * 3600 / KEY_RELOAD_SECONDS)
    logged = invocations * LOGGED_PER_INVOCATION / 1e9
    return {
        **{f"Lambda, {architecture}": lambda_cost(events, architecture) for architecture in ARCHITECTURES},
        # Sent by SNS, received, deleted.
        "SQS": (polls + messages + 2 * invocations) * _price("SQS requests"),
        "SNS": messages * _price("SNS requests"),
        "Secrets Manager": _price("Secrets Manager secret") + readings * _price("Secrets Manager calls"),
        "Logs": logged * (_price("CloudWatch logs") + _price("CloudWatch log storage")),
        "Metrics": CUSTOM_METRICS * min(1.0, invocations / MONTH_HOURS) * _price("CloudWatch metrics"),
        "Alarms": ALARM_METRICS * _price("CloudWatch alarms"),
        "Data to Datadog": events * SENT_PER_EVENT / 1e9 * _price("Data to the internet"),
    }


def lambda_cost(events: int, architecture: str, memory: int = MEMORY_MB) -> float:
    """US dollars a month, cold starts included."""
    invocations = events / EVENTS_PER_MESSAGE / MESSAGES_PER_INVOCATION
    environments = min(invocations, MAXIMUM_CONCURRENCY * MONTH_HOURS / ENVIRONMENT_HOURS)
    seconds = invocations * milliseconds(EVENTS_PER_MESSAGE * MESSAGES_PER_INVOCATION, memory) / 1000
    seconds += environments * cold_start(memory) / 1000
    return seconds * memory / 1024 * _price(f"Lambda, {architecture}") + invocations * _price("Lambda requests")


def milliseconds(events: int, memory: int) -> float:
    """How long a warm invocation takes: its CPU time at the function's share of a core, and waiting for answers."""
    cpu = CPU_PER_INVOCATION * _stretch(memory) + events * _event(memory)
    # Beyond one round of requests, work and waiting overlap.
    waiting = math.ceil(events / AT_ONCE) * LATENCY
    return cpu + LATENCY if events <= AT_ONCE else max(cpu, waiting) + LATENCY


def cold_start(memory: int) -> float:
    """Milliseconds, as if the start had no more than the function's share of a core."""
    return CPU_OF_A_COLD_START / _core(memory)


def events_per_second(memory: int) -> float:
    """Of an execution environment that is never idle: limited by its CPU or by waiting for answers."""
    return min(1000 / _event(memory), AT_ONCE / LATENCY * 1000)


def _event(memory: int) -> float:
    """Milliseconds that pass while the function's share of a core does the work of an event."""
    return CPU_PER_EVENT * _stretch(memory)


def _stretch(memory: int) -> float:
    """By how much a millisecond of a whole core becomes longer."""
    return 1.0 if _core(memory) == 1.0 else SHARED / _core(memory)


def _core(memory: int) -> float:
    """The share of a core; the payload is one Python process and uses no second one."""
    return min(1.0, memory / MB_PER_CORE)


def _price(name: str) -> float:
    return PRICES[name][0]


def prices_table() -> Iterator[str]:
    yield "| What | US dollars | per | Page |"
    yield "| --- | --- | --- | --- |"
    for name, (price, unit, page) in PRICES.items():
        shown = f"{price:.2f}" if price >= 0.01 else f"{price:.10f}".rstrip("0")
        yield f"| {name} | {shown} | {unit} | <{page}> |"


def costs_table() -> Iterator[str]:
    found = [costs(events) for events in VOLUMES.values()]
    yield "| US dollars a month, by events a month | " + " | ".join(VOLUMES) + " |"
    yield "| --- |" + " ---: |" * len(VOLUMES)
    for service in found[0]:
        yield f"| {service} | " + " | ".join(_dollars(value[service]) for value in found) + " |"
    for architecture in ARCHITECTURES:
        sums = [_sum(value, architecture) for value in found]
        yield f"| **Together, {architecture}** | " + " | ".join(f"**{_dollars(value)}**" for value in sums) + " |"


def _sum(found: Mapping[str, float], architecture: str) -> float:
    return sum(value for service, value in found.items() if service.partition(", ")[2] in ("", architecture))


def memory_table() -> Iterator[str]:
    yield (
        "| Memory (MB) | Share of a core | Message of five events (ms) | Cold start (s) | Events/s of one environment "
        "| US dollars for a million events, arm64 |"
    )
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    for memory in MEMORY_SIZES:
        shown = (
            f"{memory}",
            f"{_core(memory):.2f}",
            f"{milliseconds(EVENTS_PER_MESSAGE, memory):.0f}",
            f"{cold_start(memory) / 1000:.1f}",
            f"{events_per_second(memory):.0f}",
            _dollars(lambda_cost(1_000_000, "arm64", memory)),
        )
        yield "| " + " | ".join(shown) + " |"


def limits_table() -> Iterator[str]:
    rate = events_per_second(MEMORY_MB)
    together = MAXIMUM_CONCURRENCY * rate
    yield "| What | Figure |"
    yield "| --- | --- |"
    yield f"| An execution environment, by its CPU | {1000 / _event(MEMORY_MB):,.0f} events/s |"
    yield f"| An execution environment, by {AT_ONCE} requests at once | {AT_ONCE / LATENCY * 1000:,.0f} events/s |"
    yield f"| {MAXIMUM_CONCURRENCY} environments | {together:,.0f} events/s, {together * 60:,.0f} a minute |"
    yield f"| The same in a month | {together * 3600 * MONTH_HOURS / 1e6:,.0f} million events |"
    yield f"| Datadog's limit | {DATADOG_LIMIT:,} events a minute in an organization |"
    yield f"| `maximum_concurrency` that meets it | {math.ceil(DATADOG_LIMIT / 60 / rate)} |"


def _dollars(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.005 or value == 0 else "< 0.01"


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    "prices": prices_table,
    "costs": costs_table,
    "memory": memory_table,
    "limits": limits_table,
}


def page(text: str) -> str:
    """The page with its tables written anew between their marks."""
    for name, table in TABLES.items():
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        rows = "\n".join(table())
        text, count = mark.subn(rf"\1\n{rows}\n\n\2", text)
        if count != 1:
            raise ValueError(f"docs/cost.md has {count} places for the table {name}")
    return text


def main() -> int:
    """Write the tables."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
