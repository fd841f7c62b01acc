"""The payload as Lambda unpacks it: the zip's dependencies with the package's source laid over them."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from tools.repository import PACKAGE, ROOT

SOURCE = "lambda/src/deep_security_datadog"
ZIP = "lambda/deep-security-datadog.zip"
WORKING_TREE = "working tree"


class PayloadError(Exception):
    """A revision that cannot be read."""


@dataclass(frozen=True)
class Payload:
    """An unpacked payload. `zip_bytes` is the size of the zip as committed, `authorities` its bundle of CAs."""

    name: str
    folder: Path
    zip_bytes: int

    @property
    def authorities(self) -> Path:
        return self.folder / "certifi" / "cacert.pem"


def of_working_tree(target: Path, trusted: Path) -> Payload:
    """The source as it is now, whether or not the zip was built anew."""
    data = PACKAGE.read_bytes()
    _unpack(data, target, trusted)
    shutil.copytree(ROOT / SOURCE, target / "deep_security_datadog", ignore=shutil.ignore_patterns("__pycache__"))
    return Payload(WORKING_TREE, target, len(data))


def of_revision(revision: str, target: Path, trusted: Path) -> Payload:
    """The same of a commit, branch or tag. Raises PayloadError."""
    data = _git("show", f"{revision}:{ZIP}")
    _unpack(data, target, trusted)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", revision, SOURCE))) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)):
                path = target / Path(member.name).relative_to("lambda/src")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.read())
    return Payload(revision, target, len(data))


def _unpack(data: bytes, target: Path, trusted: Path) -> None:
    with ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(target)  # noqa: S202 - our own
    shutil.rmtree(target / "deep_security_datadog")
    # The stand-in's authority among the others: reading a bundle of the real size is a part of a cold start.
    with (target / "certifi" / "cacert.pem").open("ab") as bundle:
        bundle.write(b"\n" + trusted.read_bytes())


def _git(*arguments: str) -> bytes:
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)  # noqa: S607
    if result.returncode:
        raise PayloadError(result.stderr.decode(errors="replace").strip())
    return result.stdout
