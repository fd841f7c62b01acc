"""Plans of the examples: tags on everything, and the addresses, so that a rename, which destroys, shows in review.

`make addresses` writes the addresses anew.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.plans import plan, stay_offline
from tools.repository import ROOT
from tools.terraform import Terraform, copy_modules

FOLDER = Path(__file__).with_name("addresses")
# Those of AWS.
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/main.tf") if 'provider "aws"' in path.read_text())


def planned(example: str, tree: Path) -> dict[str, dict[str, Any]]:
    """The values by address, of a plan without an account."""
    folder = copy_modules(tree) / "examples" / example
    terraform = Terraform(folder, {"AWS_REGION": "eu-central-1", "TF_VAR_tags": '{"team":"security"}'})
    stay_offline(folder)
    terraform.init()
    terraform.on_line = no_warning
    return {each["address"]: each["change"]["after"] for each in plan(terraform)["resource_changes"]}


def no_warning(line: str) -> None:
    # It would reach every user of the example, and of the modules that it calls.
    assert "Warning" not in line, line


def addresses(resources: Iterable[str]) -> str:
    return "".join(f"{address}\n" for address in sorted(resources))


@pytest.mark.parametrize("example", EXAMPLES)
def test_addresses_are_the_committed_ones_and_everything_has_the_tags(example: str, tmp_path: Path) -> None:
    committed = (FOLDER / f"{example}.txt").read_text(encoding="utf-8")
    resources = planned(example, tmp_path)
    assert addresses(resources).splitlines() == committed.splitlines(), (
        "Addresses differ from the committed ones: run `make addresses`, and give each renamed resource a moved block."
    )
    tags = {address: values["tags"] for address, values in resources.items() if "tags" in values}
    assert {address: found for address, found in tags.items() if found != {"team": "security"}} == {}
    # A deleted secret blocks its name for days, and the example could not be applied again.
    secrets = [values for address, values in resources.items() if "aws_secretsmanager_secret." in address]
    assert secrets and all(values["name_prefix"] for values in secrets)


def test_every_list_is_of_an_example() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == EXAMPLES


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for example in EXAMPLES:
        with tempfile.TemporaryDirectory(prefix="addresses-") as tree:
            (FOLDER / f"{example}.txt").write_text(addresses(planned(example, Path(tree))), encoding="utf-8")


if __name__ == "__main__":
    main()
