"""THIRD_PARTY_NOTICES.md says what the zip vendors: packages, versions and licence files, no more and no less."""

import re
from collections.abc import Mapping
from zipfile import ZipFile

import pytest

from tools.repository import PACKAGE, ROOT

NOTICES = (ROOT / "THIRD_PARTY_NOTICES.md").read_text()
ROW = re.compile(
    r"^\| (?P<package>[a-z0-9-]+) \| (?P<version>[0-9.]+) \| (?P<licence>[\w.-]+) \| (?P<files>.+?) \| <https://"
)
ROWS = {found["package"]: found for line in NOTICES.splitlines() if (found := ROW.match(line))}

# A sentence of each licence, by which its text is known.
WORDS = {
    "Apache-2.0": "Apache License",
    "BSD-3-Clause": "Neither the name of the copyright holder nor the names of its",
    "MIT": "Permission is hereby granted, free of charge",
    "MPL-2.0": "Mozilla Public License",
}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The licence files of the zip by their paths."""
    with ZipFile(PACKAGE) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}


def test_packages_and_versions_are_those_pinned() -> None:
    pinned = re.findall(r"^([a-z0-9-]+)==([0-9.]+)", (ROOT / "lambda" / "requirements.txt").read_text(), re.MULTILINE)
    assert {package: row["version"] for package, row in ROWS.items()} == dict(pinned)


def test_every_licence_file_is_named(texts: Mapping[str, str]) -> None:
    assert {name for row in ROWS.values() for name in re.findall(r"`([^`]+)`", row["files"])} == set(texts)


@pytest.mark.parametrize("package", ROWS)
def test_licence_is_what_its_text_says(texts: Mapping[str, str], package: str) -> None:
    text = "\n".join(texts[name] for name in re.findall(r"`([^`]+)`", ROWS[package]["files"]))
    assert WORDS[ROWS[package]["licence"]] in " ".join(text.split())


def test_notice_of_requests_is_quoted(texts: Mapping[str, str]) -> None:
    [notice] = (text for name, text in texts.items() if name.endswith("/NOTICE"))
    quoted = [line.removeprefix("> ") for line in NOTICES.splitlines() if line.startswith("> ")]
    assert quoted == notice.split("\n")[: len(quoted)] and len(quoted) == len(notice.strip().splitlines())
