"""Who may know whom: three parties that do not know each other, what all of them use below, who composes them above."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

from tools.repository import ROOT

PACKAGE = "deep_security_datadog"
SOURCE = ROOT / "lambda" / "src"

# The rooms, from the ground floor up, and the other rooms that each may know.
MAY_KNOW: dict[str, set[str]] = {
    "ground": set(),
    "deep_security": {"ground"},
    "aws": {"ground"},
    # To render an event.
    "datadog": {"ground", "deep_security"},
    "top": {"ground", "deep_security", "aws", "datadog"},
}
GROUND = {"values", "outcome", "log", "deadline"}
# What is slow to import, and the rooms that import it. The SDK is imported when first needed.
LIBRARIES = {"requests": {"datadog", "top"}, "urllib3": {"datadog", "top"}, "botocore": set(), "boto3": set()}
# Only tuples and tables, which the tests of those that use them look at.
WITHOUT_TESTS = {"log", "outcome", "datadog.item", "datadog.intakes"}

FILES = {
    ".".join(path.relative_to(SOURCE / PACKAGE).with_suffix("").parts): path
    for path in sorted((SOURCE / PACKAGE).rglob("*.py"))
    if path.name != "__init__.py"
}


def room(module: str) -> str:
    folder, dot, _ = module.partition(".")
    return folder if dot else "ground" if module in GROUND else "top"


def test_the_rooms_are_the_folders() -> None:
    folders = {path.parent.name for path in FILES.values()} - {PACKAGE}
    assert folders == set(MAY_KNOW) - {"ground", "top"}
    assert set(FILES) >= GROUND


def test_every_module_has_a_test_file_in_the_folder_of_its_name() -> None:
    folder = Path(__file__).parent
    expected = {module: Path(*module.split(".")[:-1], f"test_{module.rpartition('.')[2]}.py") for module in FILES}
    assert {module for module, file in expected.items() if not (folder / file).exists()} == WITHOUT_TESTS


@pytest.mark.parametrize("module", FILES)
def test_a_module_knows_only_those_of_its_room_and_of_rooms_below(module: str) -> None:
    rooms = {room(other) for other in imported(FILES[module])}
    assert rooms <= {room(module)} | MAY_KNOW[room(module)]


@pytest.mark.parametrize("name", MAY_KNOW)
def test_importing_a_room_loads_nothing_of_another_that_it_may_not_know(name: str) -> None:
    modules = [module for module in FILES if room(module) == name]
    loaded = modules_after("; ".join(f"import {PACKAGE}.{module}" for module in modules))
    ours = {module for module in FILES if f"{PACKAGE}.{module}" in loaded}
    assert set(modules) <= ours
    assert {room(module) for module in ours} <= {name} | MAY_KNOW[name]
    assert {library for library in LIBRARIES if library in loaded} <= {
        library for library, rooms in LIBRARIES.items() if name in rooms
    }


def imported(path: Path) -> Iterator[str]:
    """The modules of ours that the source imports, at its top or within a function."""
    package = ".".join((PACKAGE, *path.relative_to(SOURCE / PACKAGE).parts[:-1]))
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            # A name may be a module of the package, or something in it.
            names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
        yield from (name.removeprefix(f"{PACKAGE}.") for name in names if name.removeprefix(f"{PACKAGE}.") in FILES)


def modules_after(statement: str) -> set[str]:
    path = [str(SOURCE), sysconfig.get_path("purelib")]
    program = f"import sys; sys.path[:0] = {path!r}; {statement}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-B", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())
