"""docs/design.md describes the payload as it is."""

import re

import pytest

from tests.payload.test_imports import FILES, MAY_KNOW, room
from tools.repository import ROOT

PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
ROWS = dict(
    re.findall(
        r"^\| `?(\w+)`? \| (.*) \|$", PAGE.partition("| Folder | Modules |")[2].partition("\n\n")[0], re.MULTILINE
    )
)


@pytest.mark.parametrize("name", MAY_KNOW)
def test_every_module_of_the_payload_is_named_once_beside_its_folder(name: str) -> None:
    named = re.findall(r"`(\w+)`", ROWS["shared" if name == "ground" else name])
    assert sorted(named) == sorted(module.rpartition(".")[2] for module in FILES if room(module) == name)
