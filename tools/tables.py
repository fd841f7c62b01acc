"""Writes the tables of inputs and outputs into each README, as terraform-docs does with .terraform-docs.yml."""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hcl2.query import DocumentView
from hcl2.utils import SerializationOptions

from tools.repository import ROOT, markdown_table, with_texts

_TEXT = SerializationOptions(preserve_heredocs=False, strip_string_quotes=True)


class Variable(NamedTuple):
    """One `variable` block: the type as it is written, the default as JSON, None when it is required."""

    name: str
    type: str
    default: str | None
    description: str

    @property
    def is_object(self) -> bool:
        """Whether it has attributes, which are written one a line."""
        return "\n" in self.type

    @property
    def attributes(self) -> list[str]:
        """The names of an object's attributes, `outer.inner` in a nested one."""
        names: list[str] = []
        outer: list[str] = []
        for line in self.type.splitlines()[1:]:
            if found := re.match(r"\s+(\w+)\s*= ", line):
                names.append(".".join([*outer, found[1]]))
                outer += [found[1]] * line.endswith("({")
            elif outer:
                outer.pop()
        return names


def folders() -> list[Path]:
    """Each folder that a user may name as a source or apply: the root, the modules and the examples."""
    candidates = [ROOT, *sorted((ROOT / "modules").iterdir()), *sorted((ROOT / "examples").iterdir())]
    return [folder for folder in candidates if any(folder.glob("*.tf"))]


def variables(folder: Path) -> list[Variable]:
    """The variables of all files, in their order."""
    return [_variable(text, block) for text, block in _blocks(folder, "variable")]


def outputs(folder: Path) -> dict[str, str]:
    """The descriptions of the outputs of all files, by name."""
    return {block.name_labels[0]: _description(block) for _, block in _blocks(folder, "output")}


def written(folder: Path) -> str:
    """The folder's README with fresh tables."""
    return with_texts(folder / "README.md", TF_DOCS=tables(folder))


def tables(folder: Path) -> str:
    """Markdown: the inputs, the attributes of each object, the outputs."""
    inputs = variables(folder)
    head = ("Name", "Description", "Type", "Default", "Required")
    lines = ["## Inputs\n", markdown_table(head, map(_row, inputs))]
    for variable in inputs:
        if variable.is_object:
            lines.append(f"### Attributes of {variable.name}\n\n```hcl\n{variable.type}\n```\n")
            lines += [f"- {attributes}\n" for attributes in variable.description.split("\n- ", maxsplit=1)[1:]]
    rows = ((f"`{name}`", _cell(description)) for name, description in outputs(folder).items())
    lines += ["## Outputs\n", markdown_table(("Name", "Description"), rows)]
    return "\n".join(lines)


def _row(variable: Variable) -> tuple[str, ...]:
    kind = f"`{variable.type}`"
    if variable.is_object:
        kind = f"[{'map of objects' if variable.type.startswith('map') else 'object'}](#attributes-of-{variable.name})"
    default = f"`{variable.default}`" if variable.default else ""
    return f"`{variable.name}`", _cell(variable.description), kind, default, "no" if variable.default else "yes"


def _cell(description: str) -> str:
    # The list of attributes stands below the table.
    text = re.sub(r":?\n- (?s:.*)", ".", description)
    return text.replace("\n", " ").replace("|", "\\|")


def _blocks(folder: Path, kind: str) -> Iterator[tuple[str, Any]]:
    for path in sorted(folder.glob("*.tf")):
        text = path.read_text(encoding="utf-8")
        yield from ((text, block) for block in _parsed(text).blocks(kind))


@functools.cache
def _parsed(text: str) -> DocumentView:
    return DocumentView.parse(text)


def _description(block: Any) -> str:
    found = block.attribute("description")
    return str(found.value_node.to_dict(_TEXT)).strip() if found else ""


def _variable(text: str, block: Any) -> Variable:
    place = block.attribute("type").value_node.raw.to_lark().meta
    kind, default = text[place.start_pos : place.end_pos], block.attribute("default")
    # The first line begins behind `type = `.
    kind = "\n".join(line.removeprefix("  ") for line in kind.splitlines())
    value = default and json.dumps(default.value_node.to_dict(_TEXT), separators=(", ", ":"), sort_keys=True)
    return Variable(block.name_labels[0], kind, value, _description(block))


def main() -> None:
    """Write the tables of all folders."""
    for folder in folders():
        (folder / "README.md").write_text(written(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
