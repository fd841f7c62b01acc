"""Real Terraform on a copy of this repository's modules, so that no lock file, state or .terraform lands in the tree.

The environment variable TERRAFORM names another program, such as tofu, and AWS_PROVIDER a version of the provider
instead of the newest; a test matrix needs both.
"""

import json
import os
import shlex
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools import processes
from tools.repository import ROOT

IS_OPENTOFU = "tofu" in Path(os.environ.get("TERRAFORM", "")).name
HOST = "registry.opentofu.org" if IS_OPENTOFU else "registry.terraform.io"
PROVIDER = f"{HOST}/hashicorp/aws"
# Where Terraform looks by itself, https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories,
# and where else a machine may have a plugin mirror.
MIRRORS = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    *("/opt", "/opt/*", "/opt/*/*", "/usr/share/*"),
)
INSTALL_TERRAFORM = (
    "Terraform 1.11 or newer is needed and `{command}` is not on the PATH: "
    "install it from https://developer.hashicorp.com/terraform/install"
)
INSTALL_PROVIDER = (
    f"Terraform could not get the provider hashicorp/aws. It needs access to {HOST}, or a plugin mirror: unpack the "
    f"provider below ~/.terraform.d/plugins/{PROVIDER}/VERSION/OS_ARCH (`terraform providers mirror` makes such a "
    "folder elsewhere), or name one in the CLI configuration file."
)
READ_BY_TERRAFORM = (
    "*.tf",
    "modules/**/*.tf",
    "examples/**/*.tf",
    "examples/**/*.json",
    "lambda/*.zip",
    "tests/**/*.tf",
    "tests/terraform/**/*.hcl",
)


OnLine = Callable[[str], None] | None


class TerraformError(Exception):
    """Terraform is missing, or one of its commands failed; the message ends with its last lines."""


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

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, on_line: OnLine = None) -> None:
        self.folder = folder
        self.on_line = on_line
        self._command = find_terraform()
        # Not below the folder: the path of a provider's socket may have about a hundred characters.
        temporary = Path(tempfile.mkdtemp(prefix="terraform-"))
        weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)
        self.environment = clean_environment(temporary) | dict(environment or {})

    def run(self, *arguments: str, quiet: bool = False) -> str:
        """Run one command; its output line by line to `on_line` unless quiet, whole as the result."""
        lines: list[str] = []
        with processes.running([self._command, *arguments], env=self.environment, cwd=self.folder) as process:
            for line in process.stdout or ():
                lines.append(line)
                if self.on_line and not quiet:
                    self.on_line(line.rstrip("\n"))
            code = process.wait()
        if code:
            failed = f"terraform {arguments[0]} failed in {self.folder.name} (exit code {code})"
            raise TerraformError("\n".join([failed, "".join(lines[-60:])]))
        return "".join(lines)

    def init(self, *arguments: str) -> None:
        """Install the provider, in the version that AWS_PROVIDER wants, and the modules."""
        if version := os.environ.get("AWS_PROVIDER"):
            # Merged into the folder's own: https://developer.hashicorp.com/terraform/language/files/override
            required = {"aws": {"source": "hashicorp/aws", "version": version}}
            override = json.dumps({"terraform": {"required_providers": required}})
            (self.folder / "provider_override.tf.json").write_text(override, encoding="utf-8")
        try:
            self.run("init", "-backend=false", "-input=false", "-no-color", *arguments)
        except TerraformError as error:
            raise TerraformError(f"{error}\n{INSTALL_PROVIDER}") from error

    def apply(self, *arguments: str) -> None:
        self.run("apply", "-auto-approve", "-input=false", "-no-color", *arguments)

    def destroy(self, *arguments: str) -> None:
        self.run("destroy", "-auto-approve", "-input=false", "-no-color", *arguments)

    def output(self) -> dict[str, Any]:
        """The values of the root module's outputs by name."""
        outputs = json.loads(self.run("output", "-json", quiet=True))
        return {name: output["value"] for name, output in outputs.items()}


def find_terraform() -> str:
    """The path of Terraform, or of what TERRAFORM names. It refuses by itself what is older than the module takes."""
    command = os.environ.get("TERRAFORM") or "terraform"
    path = shutil.which(command)
    if not path:
        raise TerraformError(INSTALL_TERRAFORM.format(command=command))
    return path


def clean_environment(temporary: Path) -> dict[str, str]:
    """The caller's environment without anything that could reach a real account or change what Terraform does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "DD_"))}
    nothing = temporary / "empty"
    nothing.touch()
    environment |= {
        "AWS_CONFIG_FILE": str(nothing),
        "AWS_SHARED_CREDENTIALS_FILE": str(nothing),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        # The provider's schema fills the heap: with Go's default of 100, a third of the time goes into collecting it.
        "GOGC": os.environ.get("GOGC", "400"),
        # Sockets of providers; what a killed one leaves goes with the folder.
        "TMPDIR": str(temporary),
    }
    mirror = local_mirror()
    named = (os.environ.get("TF_CLI_CONFIG_FILE", ""), "~/.terraformrc")
    if configuration := next((path for each in named if (path := Path(each).expanduser()).is_file()), None):
        environment["TF_CLI_CONFIG_FILE"] = str(configuration)
    elif mirror:
        environment["TF_CLI_ARGS_init"] = shlex.quote(f"-plugin-dir={mirror}")
    if not mirror:
        # One download for all folders. There is no lock file to keep right, so the cache may be used without one.
        cache = Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or ROOT / "build" / "terraform-plugins")
        cache.mkdir(parents=True, exist_ok=True)
        environment |= {"TF_PLUGIN_CACHE_DIR": str(cache), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}
    return environment


def local_mirror() -> Path | None:
    """The folder of a plugin mirror on this machine that holds the provider."""
    patterns = (Path(mirror).expanduser() for mirror in MIRRORS)
    folders = (found for each in patterns for found in sorted(Path("/").glob(str(each / PROVIDER)[1:])))
    return next((folder.parents[2] for folder in folders), None)
