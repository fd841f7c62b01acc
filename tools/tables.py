"""Writes the tables of inputs and outputs into each README, from the *.tf beside it and between the markers there."""

from __future__ import annotations

import functools
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from tools.repository import ROOT, with_texts

# Terraform's mark-up of values; types and defaults are shown as they were written.
_OPTIONS = SerializationOptions(with_comments=False, explicit_blocks=False)
_OBJECT = re.compile(r"(?P<map>map\()?object\(\{(?P<fields>.*)\}\)(?(map)\))", flags=re.DOTALL)
_ATTRIBUTE = re.compile(r"(?P<names>`[\w.]+`(?:, `[\w.]+`)*): (?P<text>.*)")
_NEXT_ATTRIBUTE = re.compile(r"; (?=`[\w.]+`(?:, `[\w.]+`)*: )")


@dataclass(frozen=True)
class Attribute:
    """One attribute of an object, `outer.inner` in a nested one; `default` is None when it is required."""

    name: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True)
class Variable:
    """One `variable` block; `default` is HCL, None when it is required."""

    name: str
    description: str
    type: str
    default: str | None
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Output:
    """One `output` block."""

    name: str
    description: str


def folders() -> list[Path]:
    """Each folder that a user may name as a source or apply: the root, the modules and the examples."""
    candidates = [ROOT, *sorted((ROOT / "modules").iterdir()), *sorted((ROOT / "examples").iterdir())]
    return [folder for folder in candidates if any(folder.glob("*.tf"))]


def variables(folder: Path) -> list[Variable]:
    """The variables of all files, in their order."""
    return [_variable(name, block) for name, block in _blocks(folder, "variable")]


def outputs(folder: Path) -> list[Output]:
    """The outputs of all files, in their order."""
    return [Output(name, _text(block.get("description", ""))) for name, block in _blocks(folder, "output")]


def written(folder: Path) -> str:
    """The folder's README with fresh tables."""
    return with_texts(folder / "README.md", TF_DOCS=tables(folder))


def tables(folder: Path) -> str:
    """Markdown: the inputs, one table for each object whose attributes are described, the outputs."""
    inputs = variables(folder)
    described = [variable for variable in inputs if any(attribute.description for attribute in variable.attributes)]
    lines = ["## Inputs\n", *_table(("Name", "Type", "Default", "Description"), _input_rows(inputs, described))]
    for variable in described:
        rows = [(f"`{a.name}`", f"`{a.type}`", _default(a.default), _cell(a.description)) for a in variable.attributes]
        lines += [f"### Attributes of {variable.name}\n", *_table(("Name", "Type", "Default", "Description"), rows)]
    rows_of_outputs = [(f"`{output.name}`", _cell(output.description)) for output in outputs(folder)]
    lines += ["## Outputs\n", *_table(("Name", "Description"), rows_of_outputs)]
    return "\n".join(lines)


def _input_rows(inputs: list[Variable], described: list[Variable]) -> Iterator[tuple[str, ...]]:
    for variable in inputs:
        link = f"[{_short(variable.type)}](#attributes-of-{variable.name})"
        kind = link if variable in described else f"`{variable.type}`"
        introduction = re.split(r":?\n- ", variable.description)[0]
        yield f"`{variable.name}`", kind, _default(variable.default), _cell(introduction)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def _default(default: str | None) -> str:
    return "required" if default is None else f"`{default}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _blocks(folder: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob("*.tf")):
        for block in _parsed(path.read_text(encoding="utf-8")).get(kind, []):
            for name, body in block.items():
                yield name.strip('"'), body


@functools.cache
def _parsed(text: str) -> dict[str, Any]:
    return hcl2.loads(text, serialization_options=_OPTIONS)


def _variable(name: str, block: dict[str, Any]) -> Variable:
    description = _text(block.get("description", ""))
    kind = _expression(block["type"])
    default = _value(block["default"]) if "default" in block else None
    return Variable(name, description, kind, default, tuple(_attributes(kind, _descriptions(description))))


def _attributes(kind: str, descriptions: Mapping[str, str], prefix: str = "") -> Iterator[Attribute]:
    found = _OBJECT.fullmatch(kind)
    for field in _split(found["fields"]) if found else ():
        name, _, value = (part.strip() for part in field.partition("="))
        optional = re.fullmatch(r"optional\((.*)\)", value, flags=re.DOTALL)
        # optional(type) alone defaults to null.
        of_type, *default = _split(optional[1]) if optional else (value,)
        standard = (default[0] if default else "null") if optional else None
        yield Attribute(prefix + name, _short(of_type), standard, descriptions.get(prefix + name, ""))
        yield from _attributes(of_type, descriptions, f"{prefix}{name}.")


def _short(kind: str) -> str:
    """An object's type without its attributes, which have rows of their own."""
    found = _OBJECT.fullmatch(kind)
    return kind if not found else "map of objects" if found["map"] else "object"


def _descriptions(description: str) -> dict[str, str]:
    """By attribute, from a description's list: one "`name`, `name`: text; `name`: text" a line."""
    found = {}
    for line in re.findall(r"^- (.*)$", description, flags=re.MULTILINE):
        for part in _NEXT_ATTRIBUTE.split(line):
            if match := _ATTRIBUTE.match(part):
                for name in re.findall(r"`([\w.]+)`", match["names"]):
                    found[name] = match["text"]
    return found


def _split(text: str) -> list[str]:
    """The parts between the commas that no bracket or quotation mark encloses."""
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == '"'
        depth += 0 if quoted else (character in "([{") - (character in ")]}")
        if character == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _expression(value: object) -> str:
    return str(value).removeprefix("${").removesuffix("}") if str(value).startswith("${") else str(value)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        inner = ", ".join(f"{name} = {_value(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return "null" if value is None else _expression(value)


def _text(value: object) -> str:
    """A quoted string or here-document as the text that Terraform makes of it."""
    text = str(value)
    if heredoc := re.fullmatch(r'"?<<-(\w+)\n(.*)\n\s*\1\s*"?', text, flags=re.DOTALL):
        return textwrap.dedent(heredoc[2])
    return re.sub(r"\\(.)", r"\1", text.removeprefix('"').removesuffix('"'))


def main() -> int:
    """Write the tables of all folders."""
    for folder in folders():
        (folder / "README.md").write_text(written(folder), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
