"""Serves until it is ended; the first line of its output is the URL."""

from __future__ import annotations

import argparse
import threading

from tools.fake_datadog import API_KEY, running
from tools.fake_datadog.faults import Outcome, always, delay
from tools.fake_datadog.intake import Answer, Request

# Of Secrets Manager's GetSecretValue, so that a function finds the key without an emulator.
SECRET = Answer(200, {"SecretString": API_KEY, "Name": "datadog", "VersionId": "1"})


def _secret(request: Request) -> Outcome | None:
    return Outcome(SECRET) if request.path == "/" else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.fake_datadog", description="A fake Datadog.")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer")
    options = parser.parse_args()
    with running() as datadog:
        datadog.faults = [_secret] + ([always(delay(options.delay))] if options.delay else [])
        print(datadog.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
