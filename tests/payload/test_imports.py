"""Each module knows only those on lower floors, by its source and by what a fresh interpreter loads with it."""

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

# What each module imports of the payload, from the ground floor up.
KNOWS = {
    "values": "",
    "outcome": "",
    "request": "",
    "markdown": "",
    "aws": "",
    "log": "",
    "backoff": "",
    "deadline": "",
    # Records and events, which know nothing of Datadog and nothing of each other.
    "envelope": "outcome values",
    "alert": "values",
    "malware": "values",
    "severity": "alert malware values",
    "facts": "malware severity values",
    "event_types": "alert facts malware severity values",
    "event": "event_types facts severity values",
    # What to keep and how to show it, which know nothing of HTTP.
    "filter": "event event_types severity values",
    "fold": "envelope event",
    "tags": "event facts markdown values",
    "text": "event facts fold markdown",
    # Destinations, which know nothing of each other. Only who composes knows which there are.
    "destinations.destination": "fold request text",
    "destinations.events": "destinations.destination event facts fold markdown request severity tags text values",
    "destinations.logs": "destinations.destination event fold markdown request severity tags text values",
    "destinations": "destinations.destination destinations.events destinations.logs",
    # HTTP, which knows nothing of Deep Security.
    "api_key": "aws deadline log",
    "circuit_breaker": "api_key outcome",
    "response": "outcome",
    "datadog_client": "api_key circuit_breaker outcome request response",
    # From answers to queues, which knows nothing of HTTP.
    "admission": "envelope",
    "settle": "envelope outcome",
    "accepted_cache": "envelope outcome",
    "queues": "aws backoff deadline envelope settle",
    "report": "envelope event log outcome settle",
    # Composition.
    "settings": "destinations filter",
    "forward": (
        "accepted_cache admission api_key datadog_client destinations envelope event fold outcome queues report"
        " settings settle tags text"
    ),
    "handler": "forward settings",
}
# What is slow to import, and which module of ours imports it. The SDK is imported when first needed.
LIBRARIES = {"requests": "datadog_client", "urllib3": "datadog_client", "botocore": None, "boto3": None}

# The table of destinations, which test_destination.py looks at.
WITHOUT_TESTS = {"destinations"}

every_module = pytest.mark.parametrize("module", KNOWS)


def test_every_module_is_in_the_table() -> None:
    files = {path.relative_to(SOURCE / PACKAGE).with_suffix("") for path in (SOURCE / PACKAGE).rglob("*.py")}
    names = {".".join(file.parts).removesuffix("__init__").rstrip(".") for file in files}
    assert set(KNOWS) == names - {""}


def test_every_module_has_a_test_file_of_its_name() -> None:
    folder = Path(__file__).parent
    files = {module: module.replace(".", "/test_") if "." in module else f"test_{module}" for module in KNOWS}
    assert {module for module, file in files.items() if not (folder / f"{file}.py").exists()} == WITHOUT_TESTS


@every_module
def test_a_module_knows_only_those_of_lower_floors(module: str) -> None:
    order = list(KNOWS)
    assert set(KNOWS[module].split()) <= set(order[: order.index(module)])


@every_module
def test_a_module_imports_what_the_table_says(module: str) -> None:
    known, found = set(KNOWS[module].split()), set(imported(module))
    assert not found - known, f"{module} imports {', '.join(sorted(found - known))}"
    assert not known - found, f"{module} imports {', '.join(sorted(known - found))} no longer: take it off the table"


@every_module
def test_a_fresh_interpreter_loads_what_the_table_says(module: str) -> None:
    # To import a module of a folder runs the folder's `__init__`, whatever the module itself knows.
    allowed = closure(module) | (closure("destinations") if module.startswith("destinations.") else set())
    loaded = modules_after(f"import {PACKAGE}.{module}")
    ours = {name.removeprefix(f"{PACKAGE}.") for name in loaded if name.startswith(f"{PACKAGE}.")}
    assert module in ours
    assert not ours - allowed, f"import {module} loads {', '.join(sorted(ours - allowed))}"
    slow = {name for name, importer in LIBRARIES.items() if name in loaded and importer not in allowed}
    assert not slow, f"import {module} loads {', '.join(sorted(slow))}"


def imported(module: str) -> Iterator[str]:
    """The modules of ours that the source imports, at its top or within a function."""
    path = SOURCE / PACKAGE / Path(*module.split("."))
    is_package = path.is_dir()
    source = (path / "__init__.py" if is_package else path.with_suffix(".py")).read_text()
    package = f"{PACKAGE}.{module}" if is_package else f"{PACKAGE}.{module}".rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            # A name may be a module of the package, or something in it.
            inner = [f"{origin}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix(f"{PACKAGE}.") in KNOWS else origin for name in inner]
        yield from (name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}."))


def closure(module: str) -> set[str]:
    """The module, those that it knows, those that these know, and so on."""
    return {module}.union(*(closure(known) for known in KNOWS[module].split()))


def modules_after(statement: str) -> set[str]:
    path = [str(SOURCE), sysconfig.get_path("purelib")]
    program = f"import sys; sys.path[:0] = {path!r}; {statement}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-B", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())
