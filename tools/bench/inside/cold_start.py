"""CPU seconds of a fresh process: the interpreter, importing the handler, the first event with the key.

Nothing is imported before the handler but the yardstick, which stands before and after each of them. At the end it is
compared with the yardstick of the CPU time per event.
"""

import gc
import sys
import time

interpreter = time.process_time()

from tools.bench.inside import yardstick  # noqa: E402 - after the clock

bare = len(sys.modules)
sys.stderr.write("--- bare\n")
chunks = [("interpreter", interpreter), yardstick.chunk()]
start = time.process_time()

from deep_security_datadog.handler import lambda_handler  # noqa: E402 - after the clock

chunks += [("import", time.process_time() - start), yardstick.chunk()]
modules = len(sys.modules) - bare
sys.stderr.write("--- imported\n")
sys.stderr.flush()

from tools.bench.inside import common  # noqa: E402 - after the clock

options = common.options()
event, context = common.load(options["event"]), common.Context()
start = time.process_time()
answer = lambda_handler(event, context)
chunks += [("first", time.process_time() - start), yardstick.chunk()]
modules_first = len(sys.modules) - bare
sys.stderr.write("--- measured\n")
sys.stderr.flush()
if answer["batchItemFailures"]:
    raise SystemExit("the stand-in did not take the event")

post = common.naive_post(options["packages"], options["url"])


def posts() -> None:
    for _ in range(options["posts"]):
        post(b"x" * 1500)


posts()
# What the first event left behind is none of the yardsticks' business.
gc.collect()
chunks.append(yardstick.chunk())
for _ in range(2):
    chunks += [(options["base"], common.cpu(posts) / options["posts"]), yardstick.chunk()]
common.answer({"chunks": chunks, "modules": modules, "modules_first": modules_first})
