"""Where things lie in this repository, and how a generated text gets into a page."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
PACKAGE = ROOT / "lambda" / "deep-security-datadog.zip"


def with_text(page: Path, name: str, text: str) -> str:
    """The page with this text between its markers `<!-- BEGIN_name -->` and `<!-- END_name -->`."""
    begin, end = f"<!-- BEGIN_{name} -->\n", f"<!-- END_{name} -->"
    before, found_begin, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"{page} lacks {begin.strip()} or {end}")
    return f"{before}{begin}{text}{end}{after}"
