"""Why a command stops, and what the administrator can do about it."""

import tomllib
from pathlib import Path

TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


class Refusal(Exception):
    """`final`: Deep Security has not made the change, and will not."""

    def __init__(self, sentence: str, *, final: bool = False) -> None:
        super().__init__(printable(sentence))
        self.final = final


def printable(text: str) -> str:
    """Nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)
