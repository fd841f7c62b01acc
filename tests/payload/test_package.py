"""The committed zip is what the source gives, byte for byte, and needs nothing but Python and boto3."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

ROOT = Path(__file__).parents[2]
ZIP = ROOT / "lambda" / "deep-security-datadog.zip"


def test_rebuilt_elsewhere_it_is_the_same(tmp_path: Path) -> None:
    copy = shutil.copytree(ROOT / "lambda", tmp_path / "elsewhere", ignore=shutil.ignore_patterns("*.zip"))
    rebuilt = tmp_path / "rebuilt.zip"
    subprocess.run([sys.executable, copy / "package.py", "--output", rebuilt], check=True)
    assert rebuilt.read_bytes() == ZIP.read_bytes(), "run `make package` and commit the zip"


def test_entries_are_sorted_stored_and_pure() -> None:
    with ZipFile(ZIP) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert {entry.compress_type for entry in entries} == {ZIP_STORED}
    assert not [name for name in names if name.endswith((".so", ".pyc", ".pyd"))]
    assert not [name for name in names if name.startswith(("boto3", "botocore"))]
    for package in ("requests", "urllib3", "certifi", "idna"):
        assert any(name.startswith(f"{package}-") and "licen" in name.lower() for name in names), package


def test_the_handler_imports_from_the_zip_alone() -> None:
    """Isolated, without site-packages: whatever the zip lacks is missing. No network call, no boto3 at import."""
    program = (
        "import sys, socket; socket.socket.connect = None; sys.path.insert(0, sys.argv[1]);"
        "from deep_security_datadog.handler import lambda_handler; print('boto3' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ZIP)], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
    assert result.stderr == "", "a warning would be in the log of each cold start"
