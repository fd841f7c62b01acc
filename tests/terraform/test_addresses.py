"""The addresses of all resources of each example, so that a rename, which destroys and creates, shows in review.

`make addresses` writes them anew.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from tests.plans import stay_offline
from tools.repository import ROOT
from tools.terraform import Terraform, copy_modules

FOLDER = Path(__file__).with_name("addresses")
# Those of AWS.
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/main.tf") if 'provider "aws"' in path.read_text())


def addresses(example: str, tree: Path) -> str:
    """One a line, of a plan without an account."""
    folder = copy_modules(tree) / "examples" / example
    terraform = Terraform(folder, {"AWS_REGION": "eu-central-1"})
    stay_offline(folder)
    terraform.init()
    # As lines of JSON the plan comes without the provider's schema, in half the time.
    lines = list(map(json.loads, terraform.run("plan", "-json", "-input=false", quiet=True).splitlines()))
    # They reach every user of the example, and of the modules that it calls.
    assert not [line for line in lines if line["type"] == "diagnostic"], "warnings"
    planned = (line["change"]["resource"]["addr"] for line in lines if line["type"] == "planned_change")
    return "".join(f"{address}\n" for address in sorted(planned))


@pytest.mark.parametrize("example", EXAMPLES)
def test_addresses_are_the_committed_ones(example: str, tmp_path: Path) -> None:
    committed = (FOLDER / f"{example}.txt").read_text(encoding="utf-8")
    assert addresses(example, tmp_path).splitlines() == committed.splitlines(), (
        "Addresses differ from the committed ones: run `make addresses`, and give each renamed resource a moved block."
    )


def test_every_list_is_of_an_example() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == EXAMPLES


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for example in EXAMPLES:
        with tempfile.TemporaryDirectory(prefix="addresses-") as tree:
            (FOLDER / f"{example}.txt").write_text(addresses(example, Path(tree)), encoding="utf-8")


if __name__ == "__main__":
    main()
