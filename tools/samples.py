"""The sample events of tests/samples, made recent, and events as Deep Security publishes them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.repository import SAMPLES

# A Lambda event around a message, not a message.
NOT_MESSAGES = {"sns-lambda-envelope"}

# SNS takes 262,144 bytes with the attributes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_MESSAGE_BYTES = 262_144

Message = dict[str, Any] | list[Any]

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
_HTML_SAFE = str.maketrans({character: f"\\u{ord(character):04x}" for character in "=<>&'"})


class EventsError(Exception):
    """A file of events that cannot be published; the message says what is wrong with it."""


def messages(now: datetime | None = None) -> dict[str, Message]:
    """The sample messages by name, the newest time in them being now.

    Datadog takes no event older than 18 hours. Each event's EventID is replaced by a number of its own, so that each
    can be told apart when it arrives.
    """
    paths = (path for path in sorted(SAMPLES.glob("*.json")) if path.stem not in NOT_MESSAGES)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in paths}
    newest = max(map(datetime.fromisoformat, _TIME.findall("".join(texts.values()))))
    by = (now or datetime.now(UTC)) - newest

    def shifted(time: re.Match[str]) -> str:
        return (datetime.fromisoformat(time[0]) + by).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    found: dict[str, Message] = {name: json.loads(_TIME.sub(shifted, text)) for name, text in texts.items()}
    identified = (event for message in found.values() for event in events_of(message) if "EventID" in event)
    for number, event in enumerate(identified, 910_001):
        event["EventID"] = number
    return found


def events_of(message: Message) -> list[Any]:
    """The events of a message, which is an array or, from old managers, a single event."""
    return message if isinstance(message, list) else [message]


def encode(message: Message) -> str:
    """JSON as Deep Security writes it: compact, with the characters that HTML gives a meaning to escaped."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).translate(_HTML_SAFE)


def publish(sns: Any, topic_arn: str, message: Message) -> None:
    """Publish one message as Deep Security does."""
    sns.publish(TopicArn=topic_arn, Message=encode(message))


def load(path: Path) -> Message:
    """A user's own events: a JSON array of events, or one event."""
    try:
        message = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise EventsError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise EventsError(f"{path} is not JSON in UTF-8: {error}") from error
    if isinstance(message, dict) and "Records" in message:
        raise EventsError(f"{path} is a Lambda event; give the JSON of its SNS message alone")
    if not isinstance(message, dict | list) or not message:
        raise EventsError(f"{path} must be a JSON array of events, or one event as an object")
    if wrong := [place for place, event in enumerate(events_of(message), 1) if not isinstance(event, dict)]:
        raise EventsError(f"{path}: entry {wrong[0]} is not an object")
    return message


def split(message: Message) -> list[Message]:
    """The message in parts that SNS takes, each as full as possible."""
    if len(encode(message).encode()) <= MAX_MESSAGE_BYTES:
        return [message]
    parts: list[Any] = []
    size = MAX_MESSAGE_BYTES
    for place, event in enumerate(events_of(message), 1):
        length = len(encode(event).encode()) + len(",")
        if length + len("[]") > MAX_MESSAGE_BYTES:
            raise EventsError(f"event {place} has {length:,} bytes, and SNS takes {MAX_MESSAGE_BYTES:,}")
        if size + length > MAX_MESSAGE_BYTES:
            parts.append([])
            size = len("[]")
        parts[-1].append(event)
        size += length
    return parts
