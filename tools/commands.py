"""What is wrong with the commands that the documentation shows, judged without running them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from awscli import clidriver

from tools import tables
from tools.repository import ROOT

# https://developer.hashicorp.com/terraform/cli/commands
# fmt: off
_TERRAFORM = frozenset((
    "apply", "console", "destroy", "fmt", "force-unlock", "get", "graph", "import", "init", "login", "logout",
    "metadata", "modules", "output", "plan", "providers", "refresh", "show", "stacks", "state", "taint", "test",
    "untaint", "validate", "version", "workspace",
))
# fmt: on
# The checks have version 1 of the AWS command line, which lacks this command of version 2:
# https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html
_AWS_2 = {("logs", "tail"): {"since", "follow", "format", "filter-pattern", "log-stream-names"}}
# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
_AWS_2_OPTIONS = {"cli-binary-format", "no-cli-pager"}


def commands(script: str) -> Iterator[str]:
    """The simple commands of a shell script, those of substitutions too; what is quoted becomes the word VALUE."""
    text = re.sub(r"(?m)(^|\s)#.*$", "", script).replace("\\\n", " ")
    text = re.sub(r"'[^']*'", "VALUE", text)
    while found := re.search(r"\$\(([^()]*)\)", text):
        yield from commands(found[1])
        text = text.replace(found[0], "VALUE")
    text = re.sub(r'"[^"]*"', "VALUE", text)
    for part in re.split(r"&&|\|\||[;|\n]|\b(?:do|then|if|while)\b", text):
        # Settings of variables stand in front of a command.
        if command := re.sub(r"^(?:\w+=\S*\s+)+", "", part.strip()):
            yield command


def faults(script: str) -> list[str]:
    """One line for each command that does not exist, or has a sub-command or option that does not."""
    checks = {"make": _make, "aws": _aws, "terraform": _terraform, "python": _python}
    found = []
    for command in commands(script):
        program, *words = command.split()
        if check := checks.get(program.rpartition("/")[2]):
            found += [f"{fault}: {command}" for fault in check(words)]
    return found


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def _make(words: list[str]) -> Iterator[str]:
    for word in words:
        if "=" not in word and not word.startswith("-") and word != "VALUE" and word not in make_targets():
            yield f"no target {word} in the Makefile"


def _python(words: list[str]) -> Iterator[str]:
    module = words[1] if words[:1] == ["-m"] and len(words) > 1 else ""
    path = ROOT / module.replace(".", "/")
    if module.startswith("tools.") and not (path.with_suffix(".py").exists() or (path / "__main__.py").exists()):
        yield f"no module {module}"


def _terraform(words: list[str]) -> Iterator[str]:
    subcommand = next((word for word in words if not word.startswith("-")), None)
    if subcommand and subcommand not in _TERRAFORM:
        yield f"Terraform has no command {subcommand}"
    if subcommand == "output":
        named = [word for word in words[1:] if not word.startswith("-") and word != "VALUE"]
        yield from (f"no module or example has an output {name}" for name in named if name not in _outputs())


def _aws(words: list[str]) -> Iterator[str]:
    # An operation comes right after its service; everything else is an option's.
    service, operation = [*words, "", ""][:2]
    options = {word.removeprefix("--").partition("=")[0] for word in words if word.startswith("--")}
    known = _AWS_2.get((service, operation))
    if known is None:
        services = _driver()._get_command_table()
        if service not in services:
            yield f"the AWS command line has no service {service}"
            return
        operations = services[service]._get_command_table()
        if operation not in operations:
            yield f"{service} has no operation {operation}"
            return
        known = set(_arguments(operations[operation]))
    unknown = options - known - _AWS_2_OPTIONS - set(_driver()._get_cli_data()["options"])
    yield from (f"{service} {operation} has no option --{option}" for option in sorted(unknown))


def _arguments(operation: Any) -> Mapping[str, object]:
    table: Mapping[str, object] = operation.arg_table
    return table


@functools.cache
def _driver() -> Any:
    return clidriver.create_clidriver()


@functools.cache
def _outputs() -> frozenset[str]:
    return frozenset(output.name for folder in tables.folders() for output in tables.outputs(folder))
