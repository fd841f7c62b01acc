"""examples/datadog is valid, without warnings; those of AWS are planned, in test_addresses.py."""

from pathlib import Path

import pytest

from tests.plans import providers_not_mirrored, validate
from tools.terraform import Terraform, copy_modules


def test_datadog_example_is_valid(tmp_path: Path) -> None:
    terraform = Terraform(copy_modules(tmp_path) / "examples" / "datadog")
    if missing := providers_not_mirrored(terraform.folder):
        pytest.skip(f"the plugin mirror lacks {', '.join(missing)}")
    terraform.init()
    validate(terraform)
