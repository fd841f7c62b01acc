"""The commands of examples/datadog/README.md that bring the detection rules without Terraform."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.repository import datadog_api, pages
from tests.repository.datadog_api import Api
from tools.repository import ROOT

EXAMPLE = ROOT / "examples" / "datadog"
API_KEY, APP_KEY = "a" * 32, "b" * 40
KEYS, IMPORT = (block.text for block in pages.blocks(EXAMPLE / "README.md", "bash"))
API = "https://api.datadoghq.com"

SHELLS = pytest.mark.parametrize(
    "shell",
    ["bash", pytest.param("zsh", marks=pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not on the PATH"))],
)


@pytest.fixture
def api() -> Iterator[Api]:
    with datadog_api.running() as api:
        yield api


def run(api: Api, shell: str) -> subprocess.CompletedProcess[str]:
    """As a user does who pastes the keys, but for the address."""
    assert API in IMPORT
    return subprocess.run(
        [shell, "-c", KEYS + IMPORT.replace(API, api.url)],
        cwd=EXAMPLE,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
        input=f"{API_KEY}\n{APP_KEY}\n",
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@SHELLS
def test_each_rule_is_created(api: Api, shell: str) -> None:
    done = run(api, shell)
    assert done.returncode == 0, done.stderr
    rules = [json.loads(path.read_text()) for path in sorted((EXAMPLE / "detections").glob("*.json"))]
    assert api.posted == [("/api/v2/security_monitoring/rules", API_KEY, APP_KEY, rule) for rule in rules]


@SHELLS
def test_a_refusal_shows_and_no_key_does(api: Api, shell: str) -> None:
    api.refusal = 403
    done = run(api, shell)
    assert done.returncode != 0 and "403" in done.stderr
    assert "detections/brute-force-then-logon.json was not created" in done.stderr and "was created" not in done.stdout
    assert len(api.posted) <= 1
    assert API_KEY not in done.stdout + done.stderr and APP_KEY not in done.stdout + done.stderr
