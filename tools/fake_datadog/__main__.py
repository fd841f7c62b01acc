"""Serves until it is ended; the first line of its output is the URL."""

from __future__ import annotations

import argparse
import threading

from tools.fake_datadog import API_KEY, running
from tools.fake_datadog.faults import always, delay, respond, when

# Of Secrets Manager's GetSecretValue, so that a function finds the key without an emulator.
SECRET = {"SecretString": API_KEY, "Name": "datadog", "VersionId": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.fake_datadog", description="A fake Datadog.")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer")
    options = parser.parse_args()
    with running() as datadog:
        datadog.faults = [when(lambda request: request.path == "/", respond(200, SECRET)), always(delay(options.delay))]
        print(datadog.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
