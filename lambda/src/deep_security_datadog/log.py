"""Log lines in JSON, which CloudWatch Logs Insights reads field by field."""

from __future__ import annotations

import json
import sys


def write(level: str, message: str, **fields: object) -> None:
    """Writes one line. Fields never hold content of an event or the API key."""
    line = {"level": level, "message": message, **fields}
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
