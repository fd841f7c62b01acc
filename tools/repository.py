"""Where things lie in this repository, and how generated tables and texts get into its pages."""

from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
PACKAGE = ROOT / "lambda" / "deep-security-datadog.zip"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))


def with_texts(page: Path, **texts: str) -> str:
    """The page with each text between its markers `<!-- BEGIN_NAME -->` and `<!-- END_NAME -->`."""
    content = page.read_text(encoding="utf-8")
    for name, text in texts.items():
        begin, end = f"<!-- BEGIN_{name} -->\n", f"<!-- END_{name} -->"
        before, found_begin, rest = content.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found_begin and found_end):
            raise ValueError(f"{page} lacks {begin.strip()} or {end}")
        content = f"{before}{begin}{text}{end}{after}"
    return content
