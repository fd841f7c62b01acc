"""One JSON line per invocation, one per refusal, and the invocation's metrics. Never content, never a key.

Metrics use the CloudWatch embedded metric format, so that they need no call and no permission:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .deliver import Outcome
from .envelope import Record
from .event import Event
from .settle import Handled, Settlement

NAMESPACE = "DeepSecurityDatadog"
DIMENSION = "FunctionName"
METRICS = ("Received", "Filtered", "Accepted", "Retried", "Requeued", "Refused")
DELAY = "DeliveryDelay"
# CloudWatch takes at most 100 values of a metric in one line.
_MOST_VALUES = 100
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class Report:
    """Collects what happened in one invocation."""

    def __init__(self, request_id: str, level: str) -> None:
        self._request_id = request_id
        self._least = _LEVELS.index(level)
        self._started = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._delays: list[float] = []
        self._attempts = 0

    def received(self, event: Event, now: datetime) -> None:
        self._counts["Received"] += 1
        if event.time is not None and len(self._delays) < _MOST_VALUES:
            self._delays.append(max(0.0, (now - event.time).total_seconds()))

    def filtered(self, destination: str, reason: str) -> None:
        self._counts["Filtered"] += 1
        self._reasons[f"{destination} filtered: {reason}"] += 1

    def outcomes(self, handled: Sequence[Handled]) -> None:
        for item in handled:
            for destination, answer in item.answers.items():
                self._attempts += answer.attempts
                self._counts["Retried"] += max(0, answer.attempts - 1)
                if answer.outcome is Outcome.ACCEPTED:
                    self._counts["Accepted"] += 1
                else:
                    self._reasons[f"{destination} {answer.outcome.value}: {answer.reason}"] += 1

    def settled(self, record: Record, settlement: Settlement) -> None:
        self._counts["Refused"] += len(settlement.refusals)
        self._counts["Requeued"] += len(settlement.remainders)
        for refusal in settlement.refusals:
            self.warning("refused for good, kept in the dead-letter queue", record, reason=refusal.reason)

    def warning(self, message: str, record: Record, **fields: Any) -> None:
        notification = record.entries[0].notification if record.entries else None
        message_id = notification.message_id if notification else ""
        self._write("WARNING", message, record_id=record.record_id, message_id=message_id, **fields)

    def summary(self) -> str:
        return "; ".join(f"{reason} ({count})" for reason, count in sorted(self._reasons.items()))

    def close(self, *, failed: int) -> None:
        milliseconds = round((time.monotonic() - self._started) * 1000)
        counts = {name: self._counts[name] for name in METRICS}
        definitions = [{"Name": name, "Unit": "Count"} for name in METRICS]
        values: dict[str, Any] = dict(counts)
        if self._delays:
            definitions.append({"Name": DELAY, "Unit": "Seconds"})
            values[DELAY] = self._delays
        metrics = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions}
        self._write(
            "WARNING" if failed else "INFO",
            "invocation",
            always=True,
            attempts=self._attempts,
            failed_records=failed,
            milliseconds=milliseconds,
            reasons=dict(sorted(self._reasons.items())),
            _aws={"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metrics]},
            **{DIMENSION: os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")},
            **values,
        )

    def _write(self, level: str, message: str, *, always: bool = False, **fields: Any) -> None:
        if not always and _LEVELS.index(level) < self._least:
            return
        line = {"level": level, "message": message, "request_id": self._request_id, **fields}
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        sys.stdout.flush()
