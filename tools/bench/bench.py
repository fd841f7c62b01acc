"""What the subjects share: the payloads, the stand-in, and a way to run a program with a payload in its own process."""

from __future__ import annotations

import itertools
import json
import os
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import processes
from tools.bench.payloads import Payload
from tools.bench.stand_in import StandIn
from tools.repository import ROOT

# What the runtime ships and nothing else of this environment, so that what the payload lacks is missing here too.
RUNTIME = "runtime"
SHIPPED = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py")
INSIDE = Path(__file__).parent / "inside"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:datadog-AbCdEf"  # noqa: S105 - its name
# All options are set and all events pass, so that each is sent and the filter has something to do.
FILTER = {
    "minimum_severity": "info",
    "rank_greater_than": 0,
    "exclude": [{"EventType": "*Log", "Reason": "*nothing*"}],
}


class BenchError(Exception):
    """A measured process failed; the message ends with what it printed."""


@dataclass(frozen=True)
class Bench:
    """A run. `report` is told what comes next; `quick` asks for fewer repeats and smaller sizes."""

    payloads: Sequence[Payload]
    stand_in: StandIn
    folder: Path
    quick: bool
    report: Callable[[str], None]
    _numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Links, so that the bytecode is at hand, as that of the runtime's own packages is on Lambda."""
        runtime = self.folder / RUNTIME
        runtime.mkdir()
        for name in SHIPPED:
            (runtime / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)

    def rounds(self, number: int) -> int:
        return max(1, number // 3) if self.quick else number

    def file(self, value: Any) -> str:
        """The path of a file with the value as JSON: the load is made before, and not by the measured process."""
        path = self.folder / f"{next(self._numbers)}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return str(path)

    def run(
        self,
        program: str,
        payload: Payload,
        options: Mapping[str, Any],
        *flags: str,
        folder: Path | None = None,
        **environment: str,
    ) -> tuple[Any, str]:
        """The answer of a program in `inside`, and what it printed; what it says of its progress is passed on.

        flags: of the interpreter. folder: another place of the payload. No bytecode is written, as on Lambda, whose
        /var/task is read-only: what the zip does not hold compiled is compiled at each cold start.
        """
        result = self.folder / f"{next(self._numbers)}.result"
        arguments = [str(INSIDE / f"{program}.py"), json.dumps(options), str(result)]
        printed = []
        with processes.running(
            [sys.executable, "-S", "-P", "-B", *flags, *arguments],
            env=self._environment(payload, folder or payload.folder) | environment,
            cwd=self.folder,
        ) as process:
            for line in process.stdout or ():
                if line.startswith("progress: "):
                    self.report(f"{program}, {payload.name}: {line.removeprefix('progress: ').strip()}")
                else:
                    printed.append(line)
            code = process.wait()
        if code:
            raise BenchError(f"{program} failed with {payload.name}\n{''.join(printed)[-3000:]}")
        return json.loads(result.read_text(encoding="utf-8")), "".join(printed)

    def _environment(self, payload: Payload, folder: Path) -> dict[str, str]:
        # Lambda's order. -S leaves out the virtual environment and its .pth files.
        path = [folder, ROOT, self.folder / RUNTIME]
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "AWS_ACCESS_KEY_ID": "unused",
            "AWS_SECRET_ACCESS_KEY": "unused",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.stand_in.https,
            "AWS_CA_BUNDLE": str(payload.authorities),
            "SSL_CERT_FILE": str(payload.authorities),
            "DD_API_URL": self.stand_in.https,
            "DD_LOGS_URL": self.stand_in.https,
            "DD_API_KEY_SECRET_ARN": SECRET,
            "DD_TAGS": "env:production,team:security",
            "FILTER": json.dumps(FILTER),
            "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/queue",
            "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/dead-letter-queue",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
        }
