"""docs/pipelines.md: the test of a configuration that uses the module passes as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repository import pages
from tools.repository import ROOT
from tools.terraform import Terraform, TerraformError, copy_modules

CLONE = "terraform-aws-deep-security-datadog"
[TEST] = [block.text for block in pages.blocks(ROOT / "docs" / "pipelines.md", "hcl")]


def run(folder: Path, test: str) -> str:
    """`terraform test` of the README's first block."""
    copy_modules(folder / CLONE)
    first = next(block.text for block in pages.blocks(ROOT / "README.md", "hcl"))
    (folder / "main.tf").write_text(first, encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "forwarder.tftest.hcl").write_text(test, encoding="utf-8")
    terraform = Terraform(folder)
    terraform.init()
    return terraform.run("test", "-no-color")


def test_it_passes(tmp_path: Path) -> None:
    said = run(tmp_path, TEST)
    assert "1 passed, 0 failed" in said
    assert "Warning" not in said


def test_without_the_source_it_fails(tmp_path: Path) -> None:
    [source] = [line for line in TEST.splitlines(keepends=True) if "source " in line]
    with pytest.raises(TerraformError, match="test failed"):
        run(tmp_path, TEST.replace(source, ""))
