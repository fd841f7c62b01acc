"""checkov over the whole module, offline: nothing fails, what is accepted gives its reason, and it can fail."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tools.repository import ROOT
from tools.terraform import copy_modules

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
CONFIGURATION = ROOT / ".checkov.yaml"
SUPPRESSION = re.compile(r".*checkov:skip=(\w+):\s*(.+)\n")
# Fewer words are no reason.
REASON_WORDS = 8
# The checks, as checkov writes each, by outcome.
Found: TypeAlias = dict[str, list[dict[str, Any]]]
# On the encryption, policies and dead letters of topics, queues, functions, users and secrets.
RUN = {
    "CKV_AWS_26", "CKV_AWS_27", "CKV_AWS_50", "CKV_AWS_115", "CKV_AWS_116", "CKV_AWS_149", "CKV_AWS_168", "CKV_AWS_173",
    "CKV_AWS_272", "CKV_AWS_273", "CKV2_AWS_57",
}  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Found]:
    """In the project, and in a copy that suppresses nothing; one run, because a second takes five seconds to start."""
    copy = copy_modules(tmp_path_factory.mktemp("copy"))
    for path in copy.rglob("*.tf"):
        text, suppressing = SUPPRESSION.subn("", path.read_text(encoding="utf-8"))
        # Each example is the whole module once more.
        path.write_text(text if suppressing or "examples" not in path.parts else "", encoding="utf-8")
    # Nothing is listening there: what wants the network fails.
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    run = subprocess.run(
        [CHECKOV, "--config-file", CONFIGURATION, "--output", "json", "--directory", ROOT, "--directory", copy],
        check=False,
        cwd=ROOT,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        timeout=500,
    )
    # It fails, because of the copy.
    assert run.returncode == 1, run.stderr
    # A list of reports for each tree, the second with those of the first too.
    reports = [
        each
        for written in re.findall(r"^\[$.*?^\]$", run.stdout, re.DOTALL | re.MULTILINE)
        for each in json.loads(written)
    ]
    found: tuple[Found, Found] = {}, {}
    for report in reports:
        assert report["results"].pop("parsing_errors") == []
        for outcome, checks in report["results"].items():
            for check in checks:
                found[check["file_abs_path"].startswith(f"{copy}/")].setdefault(outcome, []).append(check)
    return found


def test_no_check_fails(both: tuple[Found, Found]) -> None:
    failed = both[0].get("failed_checks", [])
    assert [f"{check['check_id']} {check['resource']} {check['file_path']}" for check in failed] == []


def test_modules_and_examples_were_looked_at(both: tuple[Found, Found]) -> None:
    looked = both[0]["passed_checks"] + both[0]["skipped_checks"]
    assert {check["check_id"] for check in looked} >= RUN
    seen = {Path(check["file_path"].lstrip("/")).parent for check in looked}
    mains = [path for path in ROOT.glob("examples/*/main.tf") if 'provider "aws"' in path.read_text()]
    examples = {path.parent.relative_to(ROOT) for path in mains}
    modules = {path.parent.relative_to(ROOT) for path in ROOT.glob("modules/*/versions.tf")}
    # No check is about the subscription alone.
    assert {Path()} | modules | examples <= seen | {Path("modules/subscription")}


def test_each_suppression_gives_its_reason_and_would_fail_without(both: tuple[Found, Found]) -> None:
    project, copy = both
    skipped = {(check["check_id"], check["check_result"]["suppress_comment"]) for check in project["skipped_checks"]}
    assert [(check, reason) for check, reason in skipped if len(reason.split()) < REASON_WORDS] == []
    # Each comment is one that still suppresses something.
    paths = [path for path in ROOT.rglob("*.tf") if "tests" not in path.parts]
    assert {each for path in paths for each in SUPPRESSION.findall(path.read_text(encoding="utf-8"))} == skipped
    assert {check["check_id"] for check in copy["failed_checks"]} == {check for check, _ in skipped}
