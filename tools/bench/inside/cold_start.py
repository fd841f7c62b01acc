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

from tools.bench.inside import common  # noqa: E402 - after the clock

event = common.load(common.options()["event"])
before = time.process_time()
started = time.monotonic()
answer = lambda_handler(event, common.Context())
common.answer(
    {
        "interpreter": interpreter,
        "import": imported - interpreter,
        "first": time.process_time() - before,
        "first_wall": time.monotonic() - started,
        "modules": len(modules),
        "modules_first": len(sys.modules),
        "failed": len(answer["batchItemFailures"]),
    }
)
