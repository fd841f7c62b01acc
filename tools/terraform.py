"""Real Terraform on a copy of this repository's modules, so that no lock file, state or .terraform lands in the tree.

The environment variable TERRAFORM names another program, such as tofu, and AWS_PROVIDER a version of the provider
instead of the newest; a test matrix needs both.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools import processes
from tools.repository import ROOT

PROVIDER = "registry.terraform.io/hashicorp/aws"

# Where Terraform looks by itself: https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
IMPLIED_MIRRORS = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)
MIRROR_PARENTS = ("/opt", "/usr/share")

INSTALL_TERRAFORM = (
    "Terraform 1.11 or newer is needed and `{command}` is not on the PATH: "
    "install it from https://developer.hashicorp.com/terraform/install"
)
INSTALL_PROVIDER = (
    "Terraform could not get the provider hashicorp/aws. It needs access to registry.terraform.io, or a plugin mirror: "
    "unpack the provider below ~/.terraform.d/plugins/registry.terraform.io/hashicorp/aws/VERSION/OS_ARCH "
    "(`terraform providers mirror` makes such a folder elsewhere), or name one in the CLI configuration file."
)

# Merged into the required_providers of the folder: https://developer.hashicorp.com/terraform/language/files/override
PROVIDER_OVERRIDE = """terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "{version}"
    }}
  }}
}}
"""

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

READ_BY_TERRAFORM = (
    "*.tf",
    "modules/**/*.tf",
    "examples/**/*.tf",
    "examples/**/*.json",
    "lambda/*.zip",
    "tests/**/*.tf",
    "tests/terraform/**/*.hcl",
)


class TerraformError(Exception):
    """Terraform is missing, or one of its commands failed; the message ends with its last lines."""


Line = Callable[[str], None]


def copy_modules(target: Path) -> Path:
    """Copy what `terraform` reads, in the same layout, so that relative sources and the package are found."""
    for pattern in READ_BY_TERRAFORM:
        for source in ROOT.glob(pattern):
            if source.is_file() and ".terraform" not in source.parts:
                copy = target / source.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)
    return target


class Terraform:
    """Commands in one folder of a copied tree."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, on_line: Line | None = None) -> None:
        self.folder = folder
        self.on_line = on_line
        self._command = find_terraform()
        # Not below the folder: the path of a provider's socket may have about a hundred characters.
        settings = Path(tempfile.mkdtemp(prefix="terraform-"))
        weakref.finalize(self, shutil.rmtree, settings, ignore_errors=True)
        self.environment = clean_environment(settings) | dict(environment or {})

    def run(self, *arguments: str, quiet: bool = False) -> str:
        """Run one command; its output line by line to `on_line` unless quiet, whole as the result."""
        lines: list[str] = []
        tail: deque[str] = deque(maxlen=60)
        with processes.running([self._command, *arguments], env=self.environment, cwd=self.folder) as process:
            for line in process.stdout or ():
                lines.append(line)
                tail.append(line)
                if self.on_line and not quiet:
                    self.on_line(line.rstrip("\n"))
            code = process.wait()
        if code != 0:
            last_lines = "".join(tail)
            raise TerraformError(
                f"terraform {arguments[0]} failed in {self.folder.name} (exit code {code})\n{last_lines}"
            )
        return "".join(lines)

    def init(self, *arguments: str) -> None:
        """Install the provider, in the version that AWS_PROVIDER wants, and the modules."""
        if version := os.environ.get("AWS_PROVIDER"):
            (self.folder / "provider_override.tf").write_text(
                PROVIDER_OVERRIDE.format(version=version), encoding="utf-8"
            )
        try:
            self.run("init", "-backend=false", "-input=false", "-no-color", *arguments)
        except TerraformError as error:
            raise TerraformError(f"{error}\n{INSTALL_PROVIDER}") from error

    def stay_offline(self) -> None:
        """Let the folder's AWS providers plan without an account."""
        text = "\n".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.tf"))
        aliases = re.findall(r'^provider "aws" \{\n( +alias .*)?', text, re.MULTILINE)
        override = "".join(OFFLINE_PROVIDER.format(arguments=alias) for alias in aliases)
        (self.folder / "offline_override.tf").write_text(override, encoding="utf-8")

    def validate(self) -> None:
        """Refuse warnings as well as errors: both reach every user of the module."""
        answer = json.loads(self.run("validate", "-json", quiet=True) or "{}")
        if answer.get("diagnostics"):
            raise TerraformError(f"terraform validate in {self.folder}:\n{json.dumps(answer['diagnostics'], indent=2)}")

    def apply(self, *arguments: str) -> None:
        self.run("apply", "-auto-approve", "-input=false", "-no-color", *arguments)

    def destroy(self, *arguments: str) -> None:
        self.run("destroy", "-auto-approve", "-input=false", "-no-color", *arguments)

    def plan(self, *arguments: str) -> dict[str, Any]:
        """The plan as Terraform's JSON; the plan file stays in the copied folder as `plan`."""
        self.run("plan", "-out=plan", "-input=false", "-no-color", *arguments)
        return self._json("show", "-json", "plan")

    def output(self) -> dict[str, Any]:
        """The values of the root module's outputs by name."""
        return {name: value["value"] for name, value in self._json("output", "-json").items()}

    def _json(self, *arguments: str) -> dict[str, Any]:
        answer = json.loads(self.run(*arguments, quiet=True))
        if not isinstance(answer, dict):
            raise TerraformError(f"terraform {arguments[0]} answered with {type(answer).__name__} instead of an object")
        return answer


def find_terraform() -> str:
    """The path of Terraform, or of what TERRAFORM names. It refuses by itself what is older than the module takes."""
    command = os.environ.get("TERRAFORM") or "terraform"
    path = shutil.which(command)
    if not path:
        raise TerraformError(INSTALL_TERRAFORM.format(command=command))
    return path


def clean_environment(settings: Path) -> dict[str, str]:
    """The caller's environment without anything that could reach a real account or change what Terraform does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "DD_"))}
    nothing = settings / "empty"
    nothing.touch()
    cache = Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or ROOT / "build" / "terraform-plugins")
    environment |= {
        "AWS_CONFIG_FILE": str(nothing),
        "AWS_SHARED_CREDENTIALS_FILE": str(nothing),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(cli_configuration(settings)),
        "TF_IN_AUTOMATION": "1",
        # Sockets of providers; what a killed one leaves goes with the settings.
        "TMPDIR": str(settings),
    }
    if not local_mirror():
        # One download for all folders. There is no lock file to keep right, so the cache may be used without one.
        cache.mkdir(parents=True, exist_ok=True)
        environment |= {"TF_PLUGIN_CACHE_DIR": str(cache), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}
    return environment


def cli_configuration(settings: Path) -> Path:
    """The machine's own CLI configuration if it has one, else one that names the plugin mirror found, else none."""
    for candidate in (os.environ.get("TF_CLI_CONFIG_FILE"), "~/.terraformrc"):
        if candidate and (path := Path(candidate).expanduser()).is_file():
            return path
    path = settings / "terraform.tfrc"
    mirror = local_mirror()
    if mirror is None or str(mirror) in map(os.path.expanduser, IMPLIED_MIRRORS):
        path.touch()
    else:
        path.write_text(
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{PROVIDER}"]\n  }}\n'
            f'  direct {{\n    exclude = ["{PROVIDER}"]\n  }}\n'
            "}\n",
            encoding="utf-8",
        )
    return path


def local_mirror() -> Path | None:
    """The folder of a plugin mirror on this machine that holds the provider."""
    folders = [Path(folder).expanduser() for folder in IMPLIED_MIRRORS]
    for parent in map(Path, MIRROR_PARENTS):
        for depth in ("", "*/", "*/*/"):
            folders += [found.parent for found in sorted(parent.glob(f"{depth}registry.terraform.io"))]
    return next((folder for folder in folders if (folder / PROVIDER).is_dir()), None)


def providers_not_mirrored(folder: Path) -> set[str]:
    """Of what the folder requires, what the plugin mirror lacks, where this machine has one instead of the registry."""
    mirror = local_mirror()
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.tf"))
    required = set(re.findall(r'^ +source += "([\w-]+/[\w-]+)"$', text, re.MULTILINE))
    return {name for name in required if mirror and not (mirror / PROVIDER.partition("/")[0] / name.lower()).is_dir()}
