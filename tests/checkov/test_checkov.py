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
# Fewer words are no reason.
REASON_WORDS = 8
# As checkov writes it, for each framework.
Report: TypeAlias = dict[str, Any]
# The exit code, and the reports.
Found: TypeAlias = tuple[int, list[Report]]
# On the encryption, policies and dead letters of topics, queues, functions, users and secrets.
RUN = {
    "CKV_AWS_26", "CKV_AWS_27", "CKV_AWS_50", "CKV_AWS_115", "CKV_AWS_116", "CKV_AWS_149", "CKV_AWS_168", "CKV_AWS_173",
    "CKV_AWS_272", "CKV_AWS_273", "CKV2_AWS_57",
}  # fmt: skip


def checkov(folder: Path) -> Found:
    """The exit code, and one report for each framework that found something to look at."""
    # Nothing is listening there: what wants the network fails.
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    run = subprocess.run(
        [CHECKOV, "--config-file", CONFIGURATION, "--output", "json"],
        check=False,
        cwd=folder,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert run.stdout.strip(), run.stderr
    reports = json.loads(run.stdout)
    reports = reports if isinstance(reports, list) else [reports]
    return run.returncode, [report for report in reports if "results" in report]


def checks(reports: list[Report], outcome: str) -> list[Report]:
    return [check for report in reports for check in report["results"].get(outcome, [])]


@pytest.fixture(scope="module")
def project() -> Found:
    return checkov(ROOT)


def test_no_check_fails(project: Found) -> None:
    code, reports = project
    failed = [
        f"{check['check_id']} {check['resource']} {check['file_path']}" for check in checks(reports, "failed_checks")
    ]
    assert failed == []
    assert [
        report["results"].get("parsing_errors", []) for report in reports if report["results"].get("parsing_errors")
    ] == []
    assert code == 0


def test_modules_and_examples_were_looked_at(project: Found) -> None:
    looked = [check for outcome in ("passed_checks", "skipped_checks") for check in checks(project[1], outcome)]
    assert {check["check_id"] for check in looked} >= RUN
    seen = {Path(check["file_path"].lstrip("/")).parent for check in looked}
    mains = [path for path in ROOT.glob("examples/*/main.tf") if 'provider "aws"' in path.read_text()]
    examples = {path.parent.relative_to(ROOT) for path in mains}
    modules = {path.parent.relative_to(ROOT) for path in ROOT.glob("modules/*/versions.tf")}
    # No check is about the subscription alone.
    assert {Path()} | modules | examples <= seen | {Path("modules/subscription")}


def test_each_suppression_gives_its_reason(project: Found) -> None:
    skipped = {
        (check["check_id"], check["check_result"]["suppress_comment"]) for check in checks(project[1], "skipped_checks")
    }
    assert [(check, reason) for check, reason in skipped if len(reason.split()) < REASON_WORDS] == []
    # Each comment is one that still suppresses something.
    written = {
        found
        for path in ROOT.rglob("*.tf")
        if "tests" not in path.parts
        for found in re.findall(r"checkov:skip=(\w+):\s*(.+)", path.read_text(encoding="utf-8"))
    }
    assert written == skipped


def test_what_is_suppressed_would_fail(tmp_path: Path) -> None:
    tree = copy_modules(tmp_path)
    written = set()
    for path in [*tree.glob("*.tf"), *tree.glob("modules/**/*.tf"), *tree.glob("examples/**/*.tf")]:
        text = path.read_text(encoding="utf-8")
        written |= set(re.findall(r"checkov:skip=(\w+)", text))
        path.write_text(re.sub(r".*checkov:skip=.*\n", "", text), encoding="utf-8")
    code, reports = checkov(tree)
    assert code == 1
    assert {check["check_id"] for check in checks(reports, "failed_checks")} == written
