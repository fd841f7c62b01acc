"""Log lines, and metrics embedded in them, which need no permission (docs/reference/aws-limits.md#cloudwatch)."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from . import log
from .aws.delivery import Delivery
from .aws.envelope import Record
from .deep_security.event import Event
from .outcome import Outcome

METRICS = ("Received", "Filtered", "Accepted", "Retried", "Requeued", "Refused")
# Values of a metric, and record ids, in one line. An event source mapping passes ten records at most.
_MOST_VALUES = 100
_MOST_IDS = 20


class Report:
    """Collects what happened in one invocation."""

    def __init__(self, request_id: str, level: str, *, by_destination: bool = False) -> None:
        self._request_id = request_id
        self._by_destination = by_destination
        self._warns = level != "ERROR"
        self._started = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._delays: list[float] = []
        self._records: list[str] = []
        self._attempts = 0

    def received(self, events: Iterable[Event], now: datetime) -> None:
        for event in events:
            self._counts["Received"] += 1
            if event.time is not None and len(self._delays) < _MOST_VALUES:
                self._delays.append(round(max(0.0, (now - event.time).total_seconds()), 3))

    def waits(self, record: Record, what: str, reason: str) -> None:
        """Counts a record as one that waits, however many events it holds."""
        self._counts["Waiting"] += 1
        self._reasons[f"{what}: {reason}"] += 1
        self.warning(f"{what}, so the message waits", record, reason=reason)

    def chosen(self, destination: str, reasons: Iterable[str], *, folded: int) -> None:
        """Counts events that a filter dropped, by reason, and those that were folded into another."""
        for reason in reasons:
            self._count("Filtered", destination)
            self._counts[f"FilteredBy{reason.title().replace('_', '')}"] += 1
            self._reasons[f"{destination} filtered: {reason}"] += 1
        self._count("Folded", destination, folded)

    def answered(self, delivery: Delivery) -> None:
        self._records.append(delivery.record.name)
        for (_, destination), answer in delivery.answers.items():
            self._attempts += answer.attempts
            self._count("Retried", destination, max(0, answer.attempts - 1))
            if answer.outcome is Outcome.ACCEPTED:
                self._count("Accepted", destination)
            else:
                self._reasons[f"{destination} {answer.outcome.value}: {answer.reason}"] += 1

    def settled(self, delivery: Delivery, problem: str) -> None:
        """Counts what is kept, and what waits for whatever reason. problem: why the queues did not take something."""
        record = delivery.record
        self._counts["Requeued"] += len(delivery.requeued)
        for refusal in delivery.kept:
            # The total counts messages, as the dead-letter queue does.
            self._counts["Refused"] += 1 - len(refusal.debts)
            for _, destination in refusal.debts:
                self._count("Refused", destination)
            self.warning("refused for good, kept in the dead-letter queue", record, reason=refusal.reason)
        for _, destination in (*delivery.debts, *(debt for one in delivery.requeued for debt in one.debts)):
            self._count("Waiting", destination)
        if problem and delivery.debts:
            self.warning("not taken by a queue, so the message waits", record, reason=problem)

    def _count(self, name: str, destination: str | None, count: int = 1) -> None:
        """Counts in total and, where there are several destinations, for the one."""
        self._counts[name] += count
        if self._by_destination and destination:
            self._counts[f"{destination.capitalize()}{name}"] += count

    def warning(self, message: str, record: Record, *, reason: str) -> None:
        if self._warns:
            log.write("WARNING", message, request_id=self._request_id, record=record.name, reason=reason)

    def summary(self) -> str:
        return "; ".join(f"{reason} ({count})" for reason, count in sorted(self._reasons.items()))

    def close(self, *, failed: int) -> None:
        # These six are always there, so that zero differs from silence. Others only above zero: each metric costs.
        values: dict[str, Any] = {**dict.fromkeys(METRICS, 0), **+self._counts}
        if self._delays:
            values["DeliveryDelay"] = self._delays
        metrics = [{"Name": name, "Unit": "Seconds" if name == "DeliveryDelay" else "Count"} for name in values]
        block = {"Namespace": "DeepSecurityDatadog", "Dimensions": [["FunctionName"]], "Metrics": metrics}
        log.write(
            "WARNING" if failed or self._counts["Waiting"] else "INFO",
            "invocation",
            request_id=self._request_id,
            attempts=self._attempts,
            records=self._records[:_MOST_IDS],
            failed_records=failed,
            milliseconds=round((time.monotonic() - self._started) * 1000),
            reasons=dict(sorted(self._reasons.items())),
            _aws={"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [block]},
            FunctionName=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
            **values,
        )
