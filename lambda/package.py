"""Builds the zip that the Lambda function runs: our wheel and the vendored wheels, byte-reproducible.

    python lambda/package.py [--output FILE]

Needs `build` and `hatchling` (requirements-dev.txt) and a package index for the vendored wheels, whose hashes
requirements.txt pins. The result depends on nothing else: entries are sorted and stored without compression (the
bytes of deflate depend on the zlib build), times and modes are fixed, and only pure Python wheels are taken.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

HERE = Path(__file__).resolve().parent
ZIP = HERE / "deep-security-datadog.zip"

# The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16


def main() -> None:
    """Writes the zip and says how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--output", type=Path, default=ZIP, metavar="FILE", help=f"default: {ZIP.name} beside this script"
    )
    output: Path = parser.parse_args().output
    build(output)
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB")


def build(output: Path) -> None:
    """Builds the wheels in a temporary folder and assembles the zip at `output`."""
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        _build_own_wheel(wheels)
        _download_vendored_wheels(wheels)
        files = dict(entry for wheel in sorted(wheels.glob("*.whl")) for entry in _contents(wheel))
    with ZipFile(output, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            info = ZipInfo(name, _TIME)
            # The host system's number, which zipfile otherwise takes from the machine.
            info.create_system = 3
            info.external_attr = _MODE
            archive.writestr(info, files[name])


def _build_own_wheel(folder: Path) -> None:
    _run("build", "--wheel", "--no-isolation", "--outdir", str(folder), str(HERE))


def _download_vendored_wheels(folder: Path) -> None:
    _run(
        "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
        "--only-binary", ":all:", "--platform", "any", "--python-version", "3.11", "--implementation", "py",
        "--dest", str(folder), "--requirement", str(HERE / "requirements.txt"),
    )  # fmt: skip


def _run(module: str, *arguments: str) -> None:
    result = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{module} failed:\n{result.stdout}{result.stderr}")


def _contents(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """The wheel's modules and data, and the licences of its metadata folder."""
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            metadata = name.partition("/")[0].endswith(".dist-info")
            licence = "/licenses/" in name or name.rpartition("/")[2].upper().startswith(
                ("LICENSE", "NOTICE", "COPYING")
            )
            if not name.endswith("/") and (not metadata or licence):
                yield name, archive.read(name)


if __name__ == "__main__":
    main()
