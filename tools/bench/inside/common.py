"""What the programs share: their options, their answer, and the context that Lambda hands to the handler."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


class Context:
    """A quarter of an hour left, whatever happens: the time limit is not what is measured."""

    aws_request_id = "bench"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Milliseconds, Lambda's longest timeout."""
        return 900_000


def options() -> Any:
    """What the bench asks for, as JSON in the first argument."""
    return json.loads(sys.argv[1])


def answer(value: Any) -> None:
    """Hand over the result. Not by standard output, which belongs to the handler."""
    Path(sys.argv[2]).write_text(json.dumps(value), encoding="utf-8")


def load(path: str) -> Any:
    """A Lambda event."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def memory(field: str) -> int:
    """Bytes of this process: `VmHWM` is the highest so far, `VmRSS` now. 0 where there is no /proc.

    Not `ru_maxrss`, in which a process inherits the maximum of the one that started it.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
