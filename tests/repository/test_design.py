"""docs/design.md tells the house as it is."""

from __future__ import annotations

import re

from tests.payload.test_imports import KNOWS
from tools.repository import ROOT

PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def test_every_module_of_the_payload_is_in_the_table_of_floors() -> None:
    table = PAGE.partition("| Floor | Modules |")[2].partition("\n\n")[0]
    named = [name.replace("/", ".") for name in re.findall(r"`([a-z_/]+)`", table)]
    assert sorted(named) == sorted(KNOWS), "the table should name each module once"
