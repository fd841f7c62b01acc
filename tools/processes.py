"""Programs that never outlive the one who started them.

A guard process stands between: it starts the program in a process group of its own and reads its standard input. When
that ends, because the caller stopped it or died in whatever way, the whole group is killed (the emulator runs functions
as processes, Terraform runs providers) and the given folder is removed. This file is the guard too, so it imports
nothing but the standard library.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def running(
    command: Iterable[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdout: IO[str] | int = subprocess.PIPE,
    remove: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run the program while the block lasts, its errors going where its output goes, and then remove the folder."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(remove or ""), *map(str, command)],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Ctrl-C reaches the caller only; what ends when is the caller's decision.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # Tells the guard.
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _guard(folder: str, *command: str) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Handled and not ignored, which the program would inherit.
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_kill_when_the_caller_ends, args=(child,), daemon=True).start()
    code = child.wait()
    _kill(child)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    return code if code >= 0 else 128 - code


def _kill_when_the_caller_ends(child: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _kill(child)


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(_guard(*sys.argv[1:]))
