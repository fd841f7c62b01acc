"""examples/datadog by Datadog's own provider: applied without a warning, planned twice more without
a change, destroyed.

It talks to an API that answers as recorded. Skipped where the provider is not at hand: TF_CLI_CONFIG_FILE may name a
mirror that has it.
"""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.plans import plan
from tests.repository import datadog_api
from tests.terraform.test_addresses import no_warning
from tests.terraform.test_datadog_example import SENT, outputs
from tools.repository import ROOT
from tools.terraform import Terraform, TerraformError

EXAMPLE = ROOT / "examples" / "datadog"
RULES, MONITORS = list(datadog_api.PATHS)[:2]
BOTH = ["events", "logs"]
SETS: dict[str, dict[str, Any]] = {
    "events": {},
    "logs": {"destinations": ["logs"]},
    "both": {"destinations": BOTH},
    "without Cloud SIEM": {"destinations": BOTH, "cloud_siem": False},
    "a team's tags": {
        "destinations": BOTH,
        "name": "second",
        "tags": {"Team": "Security Ops", "env": "Prod - EU"},
        "suppress": {"scanners": ["10.0.9.9"]},
    },
}


@pytest.mark.parametrize("name", SETS)
def test_settles(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".terraform*"))
    terraform = Terraform(folder, {"DD_API_KEY": "a" * 32, "DD_APP_KEY": "b" * 40})
    try:
        terraform.init()
    except TerraformError as error:
        if "datadog/datadog was not found" not in " ".join(str(error).split()):
            raise
        pytest.skip("no plugin mirror has datadog/datadog")
    (folder / "terraform.tfvars.json").write_text(json.dumps({"notify": ["@slack-security"], **SETS[name]}))
    terraform.on_line = no_warning
    with datadog_api.running() as api:
        (folder / "api_override.tf").write_text(f'provider "datadog" {{\n  api_url = "{api.url}"\n}}\n')
        (folder / "arguments.tf").write_text("".join(outputs()))
        terraform.apply()
        found = terraform.output()
        posted = {body["name"]: body for path, _, _, body in api.posted if path in (MONITORS, RULES)}
        for kind, send in SENT.items():
            for arguments in found[f"{kind}_arguments"].values():
                expected = send(arguments)
                assert posted[expected["name"]] == expected | {"tags": sorted(expected["tags"])}
        made = Counter(datadog_api.PATHS[root] for root, _ in api.kept)
        for _ in range(2):
            changes = plan(terraform)["resource_changes"]
            assert len(changes) == made.total()
            assert [each["address"] for each in changes if each["change"]["actions"] != ["no-op"]] == []
        terraform.destroy()
        assert api.kept == {}
    # With logs and rules, monitors watch the forwarder only.
    assert made["monitors"] == (2 if name in ("logs", "both", "a team's tags") else 4) and made["dashboards"] == 1
    assert made["suppressions"] == ("suppress" in SETS[name])
