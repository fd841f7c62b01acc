"""What the programs share: their options, their answer, and the context that Lambda hands to the handler.

Imports little by itself: what the payload may need is not to be there before it.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEADERS = {"DD-API-KEY": "0" * 32, "Content-Type": "application/json"}


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


def progress(text: str) -> None:
    """Tell whoever watches the bench where this is."""
    sys.stderr.write(f"progress: {text}\n")
    sys.stderr.flush()


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of all threads. The garbage collector begins anew, and then works as it does on Lambda."""
    gc.collect(1)
    start = time.process_time()
    work()
    return time.process_time() - start


def naive_post(packages: str, url: str) -> Callable[[bytes], object]:
    """`requests.post` as somebody would write it. packages: where the whole of it is, if the payload lacks a part."""
    sys.path.append(packages)
    import requests  # noqa: PLC0415 - see above

    return lambda body: requests.post(url, data=body, headers=HEADERS, timeout=10)


def state(address: str) -> Any:
    """What the stand-in has counted."""
    from http.client import HTTPConnection  # noqa: PLC0415 - see above

    connection = HTTPConnection(address, timeout=10)
    connection.request("GET", "/state")
    found = json.loads(connection.getresponse().read())
    connection.close()
    return found


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
