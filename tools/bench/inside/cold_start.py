"""CPU seconds of a fresh process: the interpreter, importing the handler, the first event with the key.

Nothing is imported before the clock is read that the interpreter has not imported by itself.
"""

import sys
import time

interpreter = time.process_time()

from deep_security_datadog.handler import lambda_handler  # noqa: E402 - after the clock

imported = time.process_time()
modules = sorted(sys.modules)
sys.stderr.write("--- imported\n")
sys.stderr.flush()

import os  # noqa: E402 - after the clock
from pathlib import Path  # noqa: E402 - after the clock

from tools.bench.inside import common  # noqa: E402 - after the clock

event = common.load(common.options()["event"])
before = time.process_time()
started = time.monotonic()
answer = lambda_handler(event, common.Context())
first = time.process_time() - before
first_wall = time.monotonic() - started
modules_first = len(sys.modules)
sys.stderr.write("--- measured\n")
sys.stderr.flush()
# Work of the same kind and always the same, to compare with: what the machine makes of it at this moment.
library = Path(os.__file__).parent
sources = [(library / name).read_text(encoding="utf-8") for name in ("argparse.py", "typing.py", "datetime.py")]
before = time.process_time()
for source in sources:
    compile(source, "yardstick", "exec")
yardstick = time.process_time() - before
common.answer(
    {
        "yardstick": yardstick,
        "interpreter": interpreter,
        "import": imported - interpreter,
        "first": first,
        "first_wall": first_wall,
        "modules": len(modules),
        "modules_first": modules_first,
        "failed": len(answer["batchItemFailures"]),
    }
)
