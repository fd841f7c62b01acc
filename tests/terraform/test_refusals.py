"""A refusal of `destinations` names the destination that is wrong.

Terraform's own tests (destinations.tftest.hcl) see that the variable is refused, not by which validation nor why.
"""

from __future__ import annotations

import json

import pytest

from tools.terraform import Terraform, TerraformError, copy_modules

# By the options of a destination, how the message goes on after its name; one for each validation that looks at one.
OPTIONS = {
    'url = "http://logs.example.com"': ".url must be the https URL",
    'filter = { event_types = ["payloadlog"] }': ".filter.event_types names unknown types: payloadlog.",
    'filter = { event_types = ["PacketLog", null] }': ".filter.event_types names unknown types: null.",
    "filter = { event_types = [] }": ".filter.event_types is empty",
    "filter = { rank_greater_than = -1 }": ".filter.rank_greater_than must be 0 or more",
    'filter = { unranked_events = "maybe" }': '.filter.unranked_events must be "keep" or "drop"',
    'filter = { minimum_severity = "warning" }': ".filter.minimum_severity must be one of info, low",
    "filter = { exclude = [{}] }": ".filter.exclude has an empty map",
    'filter = { event_types = ["PacketLog"], minimum_severity = "critical" }': ".filter drops everything",
}
REFUSALS = {
    "{}": "destinations is empty",
    "{ events = {}, metrics = {} }": "destinations names unknown destinations: metrics.",
    "{ events = {}, logs = null }": "destinations.logs is null",
    **{f"{{ events = {{ {each} }}, logs = {{}} }}": f"destinations.events{rest}" for each, rest in OPTIONS.items()},
    **{f"{{ events = {{}}, logs = {{ {each} }} }}": f"destinations.logs{rest}" for each, rest in OPTIONS.items()},
}
MODULE = """module "refusal_{number}" {{
  source       = "../"
  datadog      = {{ api_key_ssm_parameter = "/datadog/api-key" }}
  destinations = {destinations}
}}
"""


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What one plan of all of them says, by the value."""
    folder = copy_modules(tmp_path_factory.mktemp("refusals")) / "refusals"
    folder.mkdir()
    calls = [MODULE.format(number=number, destinations=value) for number, value in enumerate(REFUSALS)]
    (folder / "main.tf").write_text('provider "aws" {\n}\n' + "".join(calls), encoding="utf-8")
    terraform = Terraform(folder, {"AWS_REGION": "eu-central-1"})
    terraform.stay_offline()
    terraform.init()
    lines: list[str] = []
    terraform.on_line = lines.append
    with pytest.raises(TerraformError):
        terraform.run("plan", "-json", "-input=false")
    found = [line["diagnostic"] for line in map(json.loads, lines) if line["type"] == "diagnostic"]
    return {
        value: [each["detail"] for each in found if each["snippet"]["context"] == f'module "refusal_{number}"']
        for number, value in enumerate(REFUSALS)
    }


@pytest.mark.parametrize("destinations", REFUSALS)
def test_message_names_the_destination(messages: dict[str, list[str]], destinations: str) -> None:
    said = messages[destinations]
    assert any(message.startswith(REFUSALS[destinations]) for message in said), said
