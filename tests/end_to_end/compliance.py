"""terraform-compliance over a plan: one after the apply, as the ARNs in policies are unknown before, that sets tags."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.stack import Copy
from tests.plans import plan
from tools.repository import ROOT

PROGRAM = Path(sys.executable).with_name("terraform-compliance")
FEATURES = ROOT / "tests" / "compliance"
# They speak of what an example need not have, so they alone are without @noskip.
MAY_BE_SKIPPED = {"Queues without SSE-SQS have a customer managed key", "Customer managed keys are rotated"}

Plan = dict[str, Any]


def applied(copy: Copy) -> Plan:
    return plan(copy.terraform, '-var=tags={"team":"security"}')


def run(plan: Plan, folder: Path) -> tuple[int, dict[str, str]]:
    """The program's exit code, and for each scenario whether it `passed`, `failed` or was `skipped`."""
    file, report = folder / "plan.json", folder / "report.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    report.unlink(missing_ok=True)
    program = subprocess.run(
        [PROGRAM, "--features", FEATURES, "--planfile", file, f"--cucumber-json={report}"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert report.exists(), program.stdout + program.stderr
    outcomes: dict[str, str] = {}
    for feature in json.loads(report.read_text(encoding="utf-8")):
        for scenario in feature["elements"]:
            assert scenario["name"] not in outcomes, scenario["name"]
            steps = {step["result"]["status"] for step in scenario["steps"]}
            outcomes[scenario["name"]] = (
                "failed" if "failed" in steps else "passed" if steps == {"passed"} else "skipped"
            )
    return program.returncode, outcomes


def scenarios(outcomes: dict[str, str], outcome: str) -> set[str]:
    return {name for name, found in outcomes.items() if found == outcome}


def assert_complies(plan: Plan, folder: Path) -> dict[str, str]:
    code, outcomes = run(plan, folder)
    assert scenarios(outcomes, "failed") == set()
    assert scenarios(outcomes, "skipped") <= MAY_BE_SKIPPED
    assert code == 0
    return outcomes
