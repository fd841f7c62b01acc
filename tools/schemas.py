"""Checks the arguments and blocks in all *.tf against providers' schemas that `terraform validate` may not have.

cdktn's Python bindings have them: classes generated from a provider's schema. They are read, not imported.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast
from zipfile import ZipFile

from hcl2.query import DocumentView

from tools.repository import ROOT, markdown_table, with_texts

# On PyPI, together 132 MB. For a newer provider raise the version and run `make schemas`.
PACKAGES = {"aws": "cdktn-provider-aws==25.8.1", "datadog": "cdktn-provider-datadog==16.1.1"}
DOWNLOADS = ROOT / "build" / "schemas"
PAGE = ROOT / "docs" / "reference" / "provider-schemas.md"
HEAD = ("Provider", "Bindings", "Resources and providers", "Arguments and blocks")
# https://developer.hashicorp.com/terraform/language/meta-arguments
META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"}


class Argument(NamedTuple):
    required: bool
    deprecated: bool
    # The class of a block's own arguments.
    block: str


Classes = Mapping[str, Mapping[str, Argument]]


def classes(source: str) -> Classes:
    """The arguments of each class of a module; the first class is the resource itself."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    names = {node.name for node in nodes}
    functions = ((node.name, each) for node in nodes for each in node.body if isinstance(each, ast.FunctionDef))
    found = {name: dict(_arguments(each, names)) for name, each in functions if each.name == "__init__"}
    return {name: arguments for name, arguments in found.items() if arguments}


def _arguments(function: ast.FunctionDef, names: set[str]) -> Iterator[tuple[str, Argument]]:
    described = dict(re.findall(r":param (\w+): (.*)", ast.get_docstring(function) or ""))
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        text = described.get(argument.arg, "")
        # The link to the documentation has the name as Terraform writes it; what Terraform itself adds has none.
        if link := re.search(r"#(\w+) \w+#", text):
            constants = {node.value for node in ast.walk(argument) if isinstance(node, ast.Constant)}
            block = next(iter(constants & names), "")
            yield link[1], Argument(default is None, "deprecated" in text.lower(), str(block))


def check(body: Any, known: Classes, name: str, place: str) -> Iterator[str]:
    """A line for each argument and block: empty when the schema knows it, else what is wrong."""
    parts = [(part, inner) for part, inner in _parts(body) if part not in META]
    for part, inner in parts:
        argument = known[name].get(part)
        wrong = "does not exist" if argument is None else "is deprecated" if argument.deprecated else ""
        yield f"{place}.{part} {wrong}" if wrong else ""
        if inner and argument and argument.block:
            yield from check(inner, known, argument.block, f"{place}.{part}")
    required = {part for part, argument in known[name].items() if argument.required}
    yield from (f"{place}.{part} is required" for part in sorted(required - {part for part, _ in parts}))


def _parts(body: Any) -> Iterator[tuple[str, Any]]:
    """The name of each argument and block, with the block. A `dynamic` block is the block that it makes."""
    yield from ((attribute.name, None) for attribute in body.attributes())
    for block in body.blocks():
        if block.block_type == "dynamic":
            yield block.labels[1], block.blocks("content")[0]
        else:
            yield block.block_type, block


def configured(text: str) -> Iterator[tuple[str, str, str, Any]]:
    """Provider, module of its bindings, address and block of each resource, data source and provider."""
    for block in cast("list[Any]", DocumentView.parse(text).blocks()):
        match block.labels:
            case ["provider", name]:
                yield name, "provider", f"provider.{name}", block
            case ["resource" | "data" as kind, label, name]:
                provider, _, rest = label.partition("_")
                yield provider, f"data_{provider}_{rest}" if kind == "data" else rest, f"{label}.{name}", block


def bindings(package: str) -> ZipFile:
    """The wheel, from an earlier run where there is one."""
    pattern = f"{package.replace('-', '_').replace('==', '-')}-*.whl"
    if not list(DOWNLOADS.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(DOWNLOADS), package]
        if subprocess.run(command, check=False).returncode:
            sys.exit(f"{package} cannot be downloaded; is PyPI within reach?")
    return ZipFile(next(DOWNLOADS.glob(pattern)))


def row(provider: str, package: str, texts: Mapping[str, str]) -> tuple[str, ...]:
    """The page's row for a provider. It ends here when anything is wrong, with a line for each."""
    wheel = bindings(package)
    lines: list[str] = []
    found = [(path, *each) for path, text in texts.items() for each in configured(text) if each[0] == provider]
    for path, _, module, address, body in found:
        print(f"{path}: {address}", flush=True)
        source = f"cdktn_provider_{provider}/{module}/__init__.py"
        known = classes(wheel.read(source).decode()) if source in wheel.namelist() else {"": {}}
        lines += check(body, known, next(iter(known)), f"{path}: {address}")
    if wrong := list(filter(None, lines)):
        sys.exit("\n".join(wrong))
    metadata = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("METADATA"))
    ((name, version),) = re.findall(r"# .* for (\S+) provider version (\S+)", metadata)
    return f"{name} {version}", package.replace("==", " "), str(len(found)), str(len(lines))


def main() -> None:
    """Check everything and write the rows of the page."""
    paths = [path for pattern in ("*.tf", "modules/**/*.tf", "examples/**/*.tf") for path in sorted(ROOT.glob(pattern))]
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in paths if ".terraform" not in path.parts}
    rows = [row(provider, package, texts) for provider, package in PACKAGES.items()]
    PAGE.write_text(with_texts(PAGE, SCHEMAS=markdown_table(HEAD, rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
