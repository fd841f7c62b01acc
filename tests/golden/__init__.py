"""Golden files: the exact Datadog event of every sample, read by eye. `make golden` writes them anew."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deep_security_datadog.aws.envelope import Notification
from deep_security_datadog.datadog import events
from deep_security_datadog.datadog.request import Context, Repeats
from tests.support import SAMPLES, item

GOLDEN = Path(__file__).parent

CONTEXT = Context(now=datetime(2024, 5, 14, 9, 50, tzinfo=UTC), tags=("env:prod", "team:security"))
NOTIFICATION = Notification(
    message_id="00000000-aaaa-bbbb-cccc-dddddddddddd",
    topic_arn="arn:aws:sns:us-east-1:111122223333:deep-security-datadog",
    timestamp="2024-05-14T09:47:00.000Z",
)


def events_of_samples() -> Iterator[tuple[str, dict[str, Any]]]:
    """File name of the golden file, and the event's properties."""
    for path in sorted(SAMPLES.glob("*.json")):
        value = json.loads(path.read_text())
        if isinstance(value, dict) and "Records" in value:
            value = json.loads(value["Records"][0]["Sns"]["Message"])
        events = value if isinstance(value, list) else [value]
        for number, event in enumerate(events, 1):
            yield f"{path.stem}.{number}.md", event


# How the first sample of its type looks when it stands for others.
FOLDED = "PacketLog.folded.md"
REPEATS = Repeats(
    total=12,
    first=datetime(2024, 5, 14, 9, 20, 10, tzinfo=UTC),
    last=datetime(2024, 5, 14, 9, 40, 10, tzinfo=UTC),
)


def page(properties: dict[str, Any], repeats: Repeats | None = None) -> str:
    """The event for a reader: the text as it is sent, the other fields as JSON above it."""
    body = events.body(item(properties, NOTIFICATION, repeats), CONTEXT)
    text = body.pop("text")
    return f"{json.dumps(body, ensure_ascii=False, indent=2)}\n{text}\n"


def folded_page() -> str:
    return page(dict(events_of_samples())["PacketLog.1.md"], REPEATS)


def write() -> None:
    for old in GOLDEN.glob("*.md"):
        old.unlink()
    for name, properties in events_of_samples():
        (GOLDEN / name).write_text(page(properties))
    (GOLDEN / FOLDED).write_text(folded_page())
