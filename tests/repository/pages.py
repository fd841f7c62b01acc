"""The documentation's pages as Markdown: their code blocks, links and anchors."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from tools.repository import ROOT

# The project's own pages; the golden files are events, and what is hidden is of tools.
_NO_PAGE = re.compile(r"(^|/)(\.|golden/|build/|dist/)")
_MARKDOWN = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6)


class Block(NamedTuple):
    """One fenced code block; `line` is that of its first line of code in the page, from 1."""

    page: Path
    language: str
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every Markdown file of the project, in the order of their paths."""
    return sorted(path for path in ROOT.rglob("*.md") if not _NO_PAGE.search(path.relative_to(ROOT).as_posix()))


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    """The fenced code blocks of these languages."""
    for token in _tokens(page):
        if token.type == "fence" and token.map and token.info.strip() in languages:
            yield Block(page, token.info.strip(), token.map[0] + 2, token.content)


def links(page: Path) -> list[str]:
    """The targets of links and pictures, in Markdown and in the HTML of a `<picture>`."""
    found = []
    for token in _tokens(page):
        found += [str(value) for name in ("href", "src") if (value := token.attrs.get(name))]
        if token.type.startswith("html_"):
            found += re.findall(r'\b(?:href|src|srcset)="([^"]+)"', token.content)
    return found


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings."""
    return {str(token.attrs["id"]) for token in _tokens(page) if token.type == "heading_open"}


def code(page: Path) -> list[str]:
    """The code spans in the text, such as names of files and commands."""
    return [token.content for token in _tokens(page) if token.type == "code_inline"]


@cache
def _tokens(page: Path) -> list[Token]:
    tokens = _MARKDOWN.parse(page.read_text(encoding="utf-8"))
    return [each for token in tokens for each in (token, *(token.children or ()))]
