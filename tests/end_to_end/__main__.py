"""All end-to-end tests on a stack of their own.

python -m tests.end_to_end [OPTIONS OF PYTEST]
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools import processes
from tools.repository import ROOT

WORKERS = 6


def main(options: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="end-to-end-", ignore_cleanup_errors=True) as name:
        environment = os.environ | {"STACK": name}
        with (
            (Path(name) / "log").open("w", encoding="utf-8") as log,
            processes.running(
                [sys.executable, "-m", "tests.end_to_end.stack", "serve"],
                env=environment | {"TMPDIR": name},
                cwd=ROOT,
                stdout=log,
                remove=Path(name),
            ),
        ):
            beside = [f"--numprocesses={WORKERS}", "--dist=loadscope", "--no-loadscope-reorder"]
            command = [sys.executable, "-m", "pytest", "tests/end_to_end", *beside, *options]
            return subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
