"""How Terraform and its provider are found, and what is said when they are not."""

import json
import runpy
import shlex
from pathlib import Path

import pytest

from tools import terraform
from tools.terraform import HOST, PROVIDER, Terraform, TerraformError


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it but the shell, and nobody who names another program."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("TF_CLI_CONFIG_FILE", "TERRAFORM", "AWS_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    mirrors = ("~/.terraform.d/plugins", *(f"{tmp_path}/opt{below}" for below in ("", "/*", "/*/*")))
    monkeypatch.setattr(terraform, "MIRRORS", mirrors)
    (tmp_path / "temporary").mkdir()
    (tmp_path / "folder").mkdir()
    return tmp_path


def environment(machine: Path) -> dict[str, str]:
    return terraform.clean_environment(machine / "temporary")


def test_registry_with_one_download_when_no_mirror_has_the_provider(machine: Path) -> None:
    (machine / "opt" / HOST / "hashicorp" / "random").mkdir(parents=True)
    found = environment(machine)
    assert "TF_CLI_ARGS_init" not in found
    assert Path(found["TF_PLUGIN_CACHE_DIR"]) == machine / "cache"
    assert (machine / "cache").is_dir()


@pytest.mark.parametrize("below", ["opt", "opt/plug ins", "opt/terraform/plugins", "home/.terraform.d/plugins"])
def test_mirror_found(machine: Path, below: str) -> None:
    """Where Terraform looks by itself comes first."""
    (machine / "opt" / "x" / "y" / PROVIDER).mkdir(parents=True)
    (machine / below / PROVIDER).mkdir(parents=True)
    found = environment(machine)
    assert shlex.split(found["TF_CLI_ARGS_init"]) == [f"-plugin-dir={machine / below}"]
    assert "TF_PLUGIN_CACHE_DIR" not in found


def test_existing_configuration_wins(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "opt" / PROVIDER).mkdir(parents=True)
    own, named = machine / "home" / ".terraformrc", machine / "named"
    own.parent.mkdir()
    own.touch()
    # A file that is named and missing is as good as none.
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(named))
    assert environment(machine)["TF_CLI_CONFIG_FILE"] == str(own)
    named.touch()
    found = environment(machine)
    assert found["TF_CLI_CONFIG_FILE"] == str(named)
    assert "TF_CLI_ARGS_init" not in found


def test_environment_reaches_no_account(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    callers = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "TF_VAR_name", "TF_CLI_ARGS")
    for name in callers:
        monkeypatch.setenv(name, "production")
    found = environment(machine)
    assert not set(callers) & set(found)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert Path(found[name]).stat().st_size == 0


def fake_program(machine: Path, script: str, name: str = "terraform") -> None:
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(0o755)


def test_the_program(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(machine))
    with pytest.raises(TerraformError, match="`terraform` is not on the PATH: install it"):
        terraform.find_terraform()
    fake_program(machine, "", "tofu")
    monkeypatch.setenv("TERRAFORM", "tofu")
    assert terraform.find_terraform() == str(machine / "tofu")


@pytest.mark.parametrize(
    ("program", "host"),
    [
        ("/usr/bin/tofu", "registry.opentofu.org"),
        # Only the program counts, not the folder it is in.
        ("/opt/tofu/terraform", "registry.terraform.io"),
        ("", "registry.terraform.io"),
    ],
)
def test_a_mirror_of_terraforms_registry_is_of_no_use_to_opentofu(
    monkeypatch: pytest.MonkeyPatch, program: str, host: str
) -> None:
    monkeypatch.setenv("TERRAFORM", program)
    assert runpy.run_path(terraform.__file__)["PROVIDER"] == f"{host}/hashicorp/aws"


def test_version_of_the_provider_by_the_environment(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_program(machine, "")
    Terraform(machine / "folder").init()
    assert not list((machine / "folder").iterdir())
    monkeypatch.setenv("AWS_PROVIDER", "5.100.0")
    Terraform(machine / "folder").init()
    [override] = (machine / "folder").iterdir()
    assert override.name.endswith("_override.tf.json")
    providers = json.loads(override.read_text())["terraform"]["required_providers"]
    assert providers == {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}


def test_failure_shows_the_last_lines(machine: Path) -> None:
    fake_program(machine, "echo first; echo 'Error: no provider' >&2; exit 3")
    lines: list[str] = []
    command = Terraform(machine / "folder", on_line=lines.append)
    with pytest.raises(TerraformError, match=r"exit code 3\)\nfirst\nError: no provider"):
        command.apply()
    assert lines == ["first", "Error: no provider"]
    with pytest.raises(TerraformError, match="plugin mirror"):
        command.init()
