"""What time is compared with where requests would disturb what is measured: compiling modules of Python's own.

It stands in processes in which the cold start is measured, so it imports what the interpreter holds in itself, leaves
nothing behind, and does not move the payload's garbage collections.
"""

import gc
import sys
import time

NAME = "yardstick"
_LIBRARY = str(sys.modules["encodings"].__file__).rpartition("encodings")[0]
_SOURCES = []
for _name in ("argparse", "_collections_abc"):
    with open(f"{_LIBRARY}{_name}.py", encoding="utf-8") as _file:  # noqa: PTH123 - pathlib is not imported yet
        _SOURCES.append(_file.read())


def chunk() -> tuple[str, float]:
    """Its name and its CPU seconds."""
    gc.disable()
    start = time.process_time()
    for source in _SOURCES:
        compile(source, NAME, "exec")
    seconds = time.process_time() - start
    gc.enable()
    return NAME, seconds
