"""Who may know whom: three parties that do not know each other, what all of them use below, who composes them above."""

import ast
from collections.abc import Iterable, Iterator
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
# What is slow to import, and the rooms that may do so at their top.
LIBRARIES = {"requests": {"datadog", "top"}, "urllib3": {"datadog", "top"}, "botocore": set(), "boto3": set()}
# The tests of those that use them look at them.
WITHOUT_TESTS = {"log", "outcome"}

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
    tree = ast.parse(FILES[module].read_text())
    # At its top or within a function.
    ours = {name.removeprefix(f"{PACKAGE}.") for name in imported(module, ast.walk(tree))} & set(FILES)
    assert {room(other) for other in ours} <= {room(module)} | MAY_KNOW[room(module)]
    libraries = {name.partition(".")[0] for name in imported(module, tree.body)} & set(LIBRARIES)
    assert {library for library in libraries if room(module) not in LIBRARIES[library]} == set()


def imported(module: str, nodes: Iterable[ast.AST]) -> Iterator[str]:
    package = ".".join((PACKAGE, *module.split(".")[:-1]))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            # A name may be a module of the package, or something in it.
            yield from (origin, *(f"{origin}.{alias.name}" for alias in node.names))
