"""The workflows and hooks name what exists and the versions promised. `make lint` checks their syntax."""

import re

import hcl2
import pytest
import yaml

from deep_security_datadog import __version__
from tools.repository import ROOT
from tools.terraform import INSTALL_TERRAFORM

WORKFLOWS = {path.stem: path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")}
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("name", [*WORKFLOWS, "hooks"])
def test_make_targets_exist(name: str) -> None:
    commands = re.findall(r"\bmake ((?:[a-z0-9-]+ ?)+)", (WORKFLOWS | {"hooks": HOOKS})[name])
    assert commands
    assert {target for command in commands for target in command.split()} <= TARGETS


def test_oldest_versions_are_the_floors() -> None:
    matrix = yaml.safe_load(WORKFLOWS["test"])["jobs"]["terraform"]["strategy"]["matrix"]["include"]
    oldest, newest = matrix
    constraints = dict(re.findall(r'(required_version|version) += ">= ([0-9.]+)"', (ROOT / "versions.tf").read_text()))
    assert oldest["terraform"] == f"{constraints['required_version']}.0"
    assert f"Terraform {constraints['required_version']} or newer" in INSTALL_TERRAFORM
    assert oldest["provider"] == f"{constraints['version']}.0"
    assert (newest["terraform"], newest["provider"]) == ("latest", "")


def test_tflint_configuration_is_hcl() -> None:
    configuration = hcl2.loads((ROOT / ".tflint.hcl").read_text())
    assert {"plugin", "rule"} <= set(configuration)


def test_release_finds_version_and_notes() -> None:
    """The release's expressions against the files that they are for."""
    assert '__version__ = \\"${GITHUB_REF_NAME#v}\\"' in WORKFLOWS["release"]
    latest = rf"^## {re.escape(__version__)} \((\d{{4}}-\d\d-\d\d|unreleased)\)$"
    assert re.search(latest, (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_what_builds_has_no_permission_and_what_signs_builds_nothing() -> None:
    jobs = yaml.safe_load(WORKFLOWS["release"])["jobs"]
    builds = {name for name, job in jobs.items() if any("make " in step.get("run", "") for step in job["steps"])}
    assert builds and all(jobs[name]["permissions"] == {} for name in builds)
    signs = {name for name, job in jobs.items() if "id-token" in job["permissions"]}
    assert signs and not signs & builds
    assert all(jobs[name]["needs"] in builds for name in signs)
    # No step of a job that signs runs code of the repository or of a package.
    ran = "\n".join(step.get("run", "") for name in signs for step in jobs[name]["steps"])
    assert not re.search(r"\b(pip|python|make|npm)\b|\./", ran)
