"""The documentation is not out of date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import events_page

ROOT = Path(__file__).parents[2]
HIDDEN_OR_GOLDEN = re.compile(r"(^|/)(\.|golden/)")
PAGES = [path for path in ROOT.rglob("*.md") if not HIDDEN_OR_GOLDEN.search(str(path.relative_to(ROOT)))]


def test_events_page() -> None:
    assert events_page.PAGE.read_text() == events_page.page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)", text)
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", page.read_text(), flags=re.MULTILINE)) <= targets


def test_the_tests_that_hold_the_promises_exist() -> None:
    named = re.findall(r"`(test_\w+|\w+\.tftest\.hcl)`", (ROOT / "docs" / "delivery.md").read_text())
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    files = {path.name for path in (ROOT / "tests").rglob("*.hcl")} | {
        path.name for path in (ROOT / "tests").rglob("*.py")
    }
    assert len(named) > 20
    assert not [name for name in named if name not in files and f"def {name}(" not in tests]
