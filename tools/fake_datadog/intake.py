"""What the intake accepts, request by request. The limits' source is Datadog's API reference for each call."""

import gzip
import json
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

EVENTS = "/api/v1/events"
LOGS = "/api/v2/logs"

MAX_AGE_SECONDS = 18 * 3600
MAX_LOGS = 1000
MAX_LOGS_BYTES = 5_000_000
MAX_LOG_BYTES = 1_000_000

_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
EVENT_PROPERTIES: dict[str, Any] = {
    "title": {"type": "string", "minLength": 1},
    "text": {"type": "string", "minLength": 1, "maxLength": 4000},
    "aggregation_key": {"type": "string", "maxLength": 100},
    "alert_type": {"enum": ["error", "warning", "info", "success", "user_update", "recommendation", "snapshot"]},
    "date_happened": _WHOLE,
    "device_name": _TEXT,
    "host": _TEXT,
    "priority": {"enum": ["normal", "low", None]},
    "related_event_id": _WHOLE,
    "source_type_name": _TEXT,
    "tags": {"type": "array", "items": _TEXT},
}
LOG_PROPERTIES = dict.fromkeys(("ddsource", "ddtags", "hostname", "service"), _TEXT) | {
    "message": {"type": "string", "minLength": 1}
}
_EVENT_SCHEMA = {"type": "object", "properties": EVENT_PROPERTIES, "required": ["title", "text"]}
_EVENT = Draft202012Validator(_EVENT_SCHEMA | {"additionalProperties": False})
_LOG_SCHEMA = {"type": "object", "properties": LOG_PROPERTIES, "required": ["message"]}
_LOGS = Draft202012Validator({"type": "array", "items": _LOG_SCHEMA})
_TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 413: "Request Entity Too Large"}
# The attributes that Datadog takes a log's time from; the first one present counts.
_LOG_TIMES = ("@timestamp", "timestamp", "_timestamp", "Timestamp", "eventTime", "date", "published_date")


@dataclass(frozen=True)
class Request:
    """One request as it came in; `body` is uncompressed, and empty where that failed."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int
    received: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """A status with its body; a mapping or list goes out as JSON."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes, str]:
        if isinstance(self.body, str):
            return self.body.encode(), "text/html"
        return json.dumps(self.body).encode(), "application/json"


class RefusedError(Exception):
    """A request that the intake does not accept."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def check_key(request: Request, keys: set[str]) -> None:
    """Refuse a request without a known key; the two intakes say so differently."""
    key = request.headers.get("dd-api-key")
    if key in keys:
        return
    if request.path == LOGS:
        raise _bad_logs("API key is invalid", 403) if key else _bad_logs("Missing API key", 401)
    errors = {"status": "error", "code": 403, "errors": ["Forbidden"]} if key else {"errors": ["API key required"]}
    raise RefusedError(Answer(403, errors))


def event_of(request: Request) -> dict[str, Any]:
    """The event of a request to POST /api/v1/events, or `RefusedError`."""
    event = _json(request, {"identity"}, _bad_event)
    if reason := _violation(_EVENT, event):
        raise _bad_event(reason)
    if event.get("date_happened", time.time()) < time.time() - MAX_AGE_SECONDS:
        raise _bad_event("Event too far in the past")
    accepted: dict[str, Any] = event
    return accepted


def logs_of(request: Request) -> list[dict[str, Any]]:
    """The logs of a request to POST /api/v2/logs, or `RefusedError`."""
    logs = _json(request, {"identity", "gzip", "deflate"}, _bad_logs)
    logs = [logs] if isinstance(logs, dict) else logs
    if len(request.body) > MAX_LOGS_BYTES:
        raise _bad_logs("Request too large", 413)
    if reason := _violation(_LOGS, logs):
        raise _bad_logs(reason)
    if len(logs) > MAX_LOGS:
        raise _bad_logs("Too many logs", 413)
    # The real intake cuts such a log and answers 202; a test should see that it would have been cut.
    if any(len(json.dumps(log, ensure_ascii=False).encode()) > MAX_LOG_BYTES for log in logs):
        raise _bad_logs("A log is larger than 1 MB", 413)
    return list(logs)


def is_recent(log: Mapping[str, Any]) -> bool:
    """Whether Datadog keeps it; one that is too old is dropped without a word."""
    value = next((log[name] for name in _LOG_TIMES if name in log), None)
    try:
        happened = float(value) / 1000 if isinstance(value, int | float) else _seconds(str(value))
    except ValueError:
        return True
    return happened >= time.time() - MAX_AGE_SECONDS


def uncompressed(body: bytes, encoding: str) -> bytes:
    decompress: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}
    try:
        return decompress.get(encoding, bytes)(body)
    except (OSError, EOFError, zlib.error):
        return b""


def _seconds(text: str) -> float:
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _violation(schema: Draft202012Validator, value: Any) -> str | None:
    error = best_match(schema.iter_errors(value))
    # Not the value itself, which may be long.
    return error and f"{error.json_path}: {error.message[-200:]}"


def _bad_event(reason: str) -> RefusedError:
    return RefusedError(Answer(400, {"errors": [reason]}, {"Content-Type": "text/plain"}))


def _bad_logs(reason: str, status: int = 400) -> RefusedError:
    error = {"status": str(status), "title": _TITLES[status], "detail": reason}
    return RefusedError(Answer(status, {"errors": [error]}))


def _json(request: Request, encodings: set[str], refused: Callable[[str], RefusedError]) -> Any:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding not in encodings:
        raise refused(f"Content-Encoding {encoding} is not supported")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise refused("Content-Type must be application/json")
    try:
        return request.json()
    except ValueError as error:
        raise refused("Invalid JSON") from error
