"""Writes the tables of inputs and outputs into each README, from the *.tf beside it and between the markers there."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hcl2.query import DocumentView
from hcl2.rules.abstract import LarkElement
from hcl2.rules.containers import ObjectRule
from hcl2.rules.functions import FunctionCallRule
from hcl2.utils import SerializationOptions
from hcl2.walk import find_all

from tools.repository import ROOT, markdown_table, with_texts

_HEAD = ("Name", "Type", "Default", "Description")
_TEXT = SerializationOptions(preserve_heredocs=False, strip_string_quotes=True)
_ATTRIBUTE = re.compile(r"(?P<names>`[\w.]+`(?:, `[\w.]+`)*): (?P<text>.*)")
_NEXT_ATTRIBUTE = re.compile(r"; (?=`[\w.]+`(?:, `[\w.]+`)*: )")


class Attribute(NamedTuple):
    """One attribute of an object, `outer.inner` in a nested one; `default` is None when it is required."""

    name: str
    type: str
    default: str | None
    description: str


class Variable(NamedTuple):
    """One `variable` block; `default` is HCL, None when it is required."""

    name: str
    type: str
    default: str | None
    description: str
    attributes: tuple[Attribute, ...]


def folders() -> list[Path]:
    """Each folder that a user may name as a source or apply: the root, the modules and the examples."""
    candidates = [ROOT, *sorted((ROOT / "modules").iterdir()), *sorted((ROOT / "examples").iterdir())]
    return [folder for folder in candidates if any(folder.glob("*.tf"))]


def variables(folder: Path) -> list[Variable]:
    """The variables of all files, in their order."""
    return [_variable(block) for block in _blocks(folder, "variable")]


def outputs(folder: Path) -> dict[str, str]:
    """The descriptions of the outputs of all files, by name."""
    return {block.name_labels[0]: _description(block) for block in _blocks(folder, "output")}


def written(folder: Path) -> str:
    """The folder's README with fresh tables."""
    return with_texts(folder / "README.md", TF_DOCS=tables(folder))


def tables(folder: Path) -> str:
    """Markdown: the inputs, one table for each object whose attributes are described, the outputs."""
    inputs = variables(folder)
    lines = ["## Inputs\n", markdown_table(_HEAD, (_row(each, _type(each)) for each in inputs))]
    for variable in filter(_has_table, inputs):
        rows = (_row(each, f"`{each.type}`") for each in variable.attributes)
        lines += [f"### Attributes of {variable.name}\n", markdown_table(_HEAD, rows)]
    rows_of_outputs = ((f"`{name}`", _cell(description)) for name, description in outputs(folder).items())
    lines += ["## Outputs\n", markdown_table(("Name", "Description"), rows_of_outputs)]
    return "\n".join(lines)


def _has_table(variable: Variable) -> bool:
    return any(attribute.description for attribute in variable.attributes)


def _type(variable: Variable) -> str:
    if not _has_table(variable):
        return f"`{variable.type}`"
    return f"[{'map of objects' if variable.type[:3] == 'map' else 'object'}](#attributes-of-{variable.name})"


def _row(declared: Variable | Attribute, kind: str) -> tuple[str, ...]:
    default = "required" if declared.default is None else f"`{declared.default}`"
    # The list of attributes has a table of its own.
    return f"`{declared.name}`", kind, default, _cell(re.split(r":?\n- ", declared.description)[0])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _blocks(folder: Path, kind: str) -> Iterator[Any]:
    for path in sorted(folder.glob("*.tf")):
        yield from _parsed(path.read_text(encoding="utf-8")).blocks(kind)


@functools.cache
def _parsed(text: str) -> DocumentView:
    return DocumentView.parse(text)


def _description(block: Any) -> str:
    found = block.attribute("description")
    return str(found.value_node.to_dict(_TEXT)) if found else ""


def _variable(block: Any) -> Variable:
    kind, default, description = block.attribute("type"), block.attribute("default"), _description(block)
    attributes = tuple(_attributes(kind.value_node.raw, _descriptions(description)))
    shown = _hcl(default.value) if default else None
    return Variable(block.name_labels[0], _hcl(kind.value), shown, description, attributes)


def _attributes(kind: LarkElement, descriptions: Mapping[str, str], prefix: str = "") -> Iterator[Attribute]:
    """The attributes of an object, or of the objects of a map."""
    function, arguments = _call(kind)
    if function == "map":
        function, arguments = _call(arguments[0])
    if function != "object":
        return
    for field in next(find_all(arguments[0], ObjectRule)).elements:
        name = f"{prefix}{field.key.serialize()}"
        function, arguments = _call(field.expression)
        optional = function == "optional"
        # optional(type) alone defaults to null.
        of_type, *default = arguments if optional else (field.expression,)
        standard = _hcl(default[0].serialize() if default else None) if optional else None
        # An object's own attributes have rows of their own.
        shown = "object" if _call(of_type)[0] == "object" else _hcl(of_type.serialize())
        yield Attribute(name, shown, standard, descriptions.get(name, ""))
        yield from _attributes(of_type, descriptions, f"{name}.")


def _call(expression: LarkElement) -> tuple[str, list[Any]]:
    """The function's name and arguments; none where it is no call, such as `string`."""
    call = next(find_all(expression, FunctionCallRule), None)
    return (call.identifiers[0].serialize(), call.arguments.arguments) if call and call.arguments else ("", [])


def _descriptions(description: str) -> dict[str, str]:
    """By attribute, from a description's list: one "`name`, `name`: text; `name`: text" a line."""
    found = {}
    for line in re.findall(r"^- (.*)$", description, flags=re.MULTILINE):
        for part in _NEXT_ATTRIBUTE.split(line):
            if match := _ATTRIBUTE.match(part):
                for name in re.findall(r"`([\w.]+)`", match["names"]):
                    found[name] = match["text"]
    return found


def _hcl(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        inner = ", ".join(f"{name} = {_hcl(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_hcl, value))}]"
    return "null" if value is None else str(value).removeprefix("${").removesuffix("}")


def main() -> None:
    """Write the tables of all folders."""
    for folder in folders():
        (folder / "README.md").write_text(written(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
