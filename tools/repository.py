"""Where things lie in this repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
PACKAGE = ROOT / "lambda" / "deep-security-datadog.zip"
