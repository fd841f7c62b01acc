"""Each example is valid, and with it every module that it calls. Warnings count: they reach every user."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plans import providers_not_mirrored, validate
from tests.terraform.test_addresses import EXAMPLES
from tools.terraform import Terraform, copy_modules


@pytest.mark.parametrize("example", [*EXAMPLES, "datadog"])
def test_example_is_valid(example: str, tmp_path: Path) -> None:
    terraform = Terraform(copy_modules(tmp_path) / "examples" / example)
    if missing := providers_not_mirrored(terraform.folder):
        pytest.skip(f"the plugin mirror lacks {', '.join(missing)}")
    terraform.init()
    validate(terraform)
