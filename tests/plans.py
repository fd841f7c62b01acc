"""Plans without an account, and what they say. Terraform itself is in tools/terraform.py."""

import contextlib
import json
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import processes
from tools.terraform import Terraform

# No request leaves the machine, and no profile has to exist.
OFFLINE_PROVIDER = """provider "aws" {{
{arguments}
  profile                     = null
  access_key                  = "example"
  secret_key                  = "example"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}}
"""


def stay_offline(folder: Path) -> None:
    """Let the folder's AWS providers plan without an account."""
    aliases = re.findall(r'^provider "aws" \{\n( +alias .*)?', configuration(folder), re.MULTILINE)
    override = "".join(OFFLINE_PROVIDER.format(arguments=alias) for alias in aliases)
    (folder / "offline_override.tf").write_text(override, encoding="utf-8")


def plan(terraform: Terraform, *arguments: str) -> dict[str, Any]:
    """The plan as Terraform's JSON; the plan file stays in the folder as `plan`."""
    terraform.run("plan", "-out=plan", "-input=false", "-no-color", *arguments)
    planned: dict[str, Any] = json.loads(terraform.run("show", "-json", "plan", quiet=True))
    return planned


def changes(terraform: Terraform, *arguments: str) -> dict[str, str]:
    """What the plan does, by the addresses of resources and the names of outputs; the file is as above.

    As lines of JSON it comes without the provider's schema, in half the time.
    """
    printed = terraform.run("plan", "-json", "-out=plan", "-input=false", *arguments, quiet=True)
    found: dict[str, str] = {}
    for line in map(json.loads, printed.splitlines()):
        if line["type"] == "planned_change":
            found[line["change"]["resource"]["addr"]] = line["change"]["action"]
        elif line["type"] == "outputs":
            found |= {name: change["action"] for name, change in line["outputs"].items() if change["action"] != "noop"}
    return found


def configuration(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.tf"))


@contextlib.contextmanager
def one_provider(terraform: Terraform) -> Iterator[None]:
    """Let plans share a process of the provider, which takes longer to start than one of them takes.

    Only for mocked providers, because it takes one configuration:
    https://developer.hashicorp.com/terraform/plugin/debugging
    """
    [program] = terraform.folder.glob(".terraform/providers/*/*/aws/*/*/terraform-provider-*")
    quiet = terraform.environment | {"TF_LOG_SDK": "OFF"}
    with (
        tempfile.NamedTemporaryFile("w") as output,
        processes.running([program, "-debug"], env=quiet, stdout=output.file) as provider,
    ):
        while not (said := re.search("TF_REATTACH_PROVIDERS='(.+)'", Path(output.name).read_text())):
            assert provider.poll() is None, Path(output.name).read_text()
            time.sleep(0.05)
        terraform.environment["TF_REATTACH_PROVIDERS"] = said[1]
        yield


def tested(terraform: Terraform) -> dict[str, list[dict[str, Any]]]:
    """The changes of resources in the plan of each run of `terraform test`, where nothing fails."""
    with one_provider(terraform):
        lines = map(json.loads, terraform.run("test", "-json", "-verbose", quiet=True).splitlines())
    return {line["@testrun"]: line["test_plan"]["resource_changes"] for line in lines if line["type"] == "test_plan"}
