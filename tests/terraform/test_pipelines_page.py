"""docs/pipelines.md: the test of a configuration that uses the module passes as it is written."""

from pathlib import Path

from tests.plans import one_provider
from tests.repository import pages
from tools.repository import ROOT
from tools.terraform import Terraform, copy_modules


def test_it_passes_beside_the_first_block_of_the_readme(tmp_path: Path) -> None:
    copy_modules(tmp_path / "terraform-aws-deep-security-datadog")
    first = next(block.text for block in pages.blocks(ROOT / "README.md", "hcl"))
    (tmp_path / "main.tf").write_text(first, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    [test] = (block.text for block in pages.blocks(ROOT / "docs" / "pipelines.md", "hcl"))
    (tmp_path / "tests" / "forwarder.tftest.hcl").write_text(test, encoding="utf-8")
    terraform = Terraform(tmp_path)
    terraform.init()
    with one_provider(terraform):
        said = terraform.run("test", "-no-color")
    assert "1 passed, 0 failed" in said
    assert "Warning" not in said
