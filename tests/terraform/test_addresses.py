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


def planned(tree: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """By example, the values by address: in one plan without an account, because Terraform takes seconds to start."""
    copy_modules(tree)
    for example in EXAMPLES:
        stay_offline(tree / "examples" / example)
    root = tree / "root"
    root.mkdir()
    call = 'module "{0}" {{\n  source = "../examples/{0}"\n  tags = {{ team = "security" }}\n}}\n'
    (root / "main.tf").write_text("".join(call.format(example) for example in EXAMPLES), encoding="utf-8")
    terraform = Terraform(root, {"AWS_REGION": "eu-central-1"})
    terraform.init()
    terraform.on_line = no_warning
    found: dict[str, dict[str, dict[str, Any]]] = {example: {} for example in EXAMPLES}
    for each in plan(terraform)["resource_changes"]:
        _, example, address = each["address"].split(".", 2)
        found[example][address] = each["change"]["after"]
    return found


def no_warning(line: str) -> None:
    # It would reach every user of the example, and of the modules that it calls.
    # Only a module must not have an empty block, and as a module it is called here.
    assert "Warning" not in line or "Redundant empty provider block" in line, line


def addresses(resources: Iterable[str]) -> str:
    return "".join(f"{address}\n" for address in sorted(resources))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    return planned(tmp_path_factory.mktemp("examples"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_addresses_are_the_committed_ones_and_everything_has_the_tags(
    examples: dict[str, dict[str, dict[str, Any]]], example: str
) -> None:
    committed = (FOLDER / f"{example}.txt").read_text(encoding="utf-8")
    resources = examples[example]
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
    with tempfile.TemporaryDirectory(prefix="addresses-") as tree:
        for example, resources in planned(Path(tree)).items():
            (FOLDER / f"{example}.txt").write_text(addresses(resources), encoding="utf-8")


if __name__ == "__main__":
    main()
