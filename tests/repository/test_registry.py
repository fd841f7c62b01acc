"""What the Terraform Registry and its readers expect of the root, the modules and the examples."""

import re
from pathlib import Path

import pytest

from deep_security_datadog import __version__
from deep_security_datadog.datadog.client import USER_AGENT
from tools import tables

ROOT = Path(__file__).parents[2]
every_folder = pytest.mark.parametrize("folder", tables.folders(), ids=lambda folder: str(folder.relative_to(ROOT)))


@every_folder
def test_the_structure_is_the_standard_one(folder: Path) -> None:
    assert {"README.md", "variables.tf", "outputs.tf", "versions.tf"} <= {path.name for path in folder.iterdir()}


def test_all_modules_and_examples_are_looked_at() -> None:
    names = {str(folder.relative_to(ROOT)) for folder in tables.folders()}
    assert {".", "modules/topic", "examples/single-account"} <= names


@every_folder
def test_the_tables_are_those_of_the_module(folder: Path) -> None:
    assert (folder / "README.md").read_text() == tables.written(folder), "run `make docs`"


@every_folder
def test_everything_is_described(folder: Path) -> None:
    silent = [variable.name for variable in tables.variables(folder) if not variable.description]
    silent += [name for name, description in tables.outputs(folder).items() if not description]
    for variable in tables.variables(folder):
        # A list of attributes leaves none out, and names none that is gone.
        if lines := re.findall(r"^- (.*?`): ", variable.description, re.MULTILINE):
            described = set(re.findall(r"`([\w.]+)`", "".join(lines)))
            silent += [f"{variable.name}.{name}" for name in described ^ set(variable.attributes)]
        if variable.default == "null" and "null" not in variable.description:
            silent.append(f"{variable.name}: what null means")
    assert not silent


@pytest.mark.parametrize("module", ["", *(path.name for path in (ROOT / "modules").iterdir())])
def test_the_readme_shows_the_registry_address(module: str) -> None:
    readme = (ROOT / "modules" / module if module else ROOT) / "README.md"
    address = "example/deep-security-datadog/aws" + (f"//modules/{module}" if module else "")
    assert f'source  = "{address}"\n  version = "~> ' in readme.read_text()


def test_one_version() -> None:
    latest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert latest and latest[1].strip("[]") == __version__
    assert USER_AGENT.split()[0] == f"deep-security-datadog/{__version__}"
    # The package takes its version from the source, and so is the constraint of the snippets.
    assert 'dynamic = ["version"]' in (ROOT / "lambda" / "pyproject.toml").read_text()
    shown = {
        found
        for path in ROOT.glob("**/README.md")
        if ".venv" not in path.parts
        for found in re.findall(r'version\s*= "~> ([\d.]+)"', path.read_text())
    }
    assert shown == {".".join(__version__.split(".")[:2])}
