"""How Terraform and its provider are found, and what is said when they are not."""

from __future__ import annotations

import json
import runpy
import shlex
import stat
from pathlib import Path

import pytest

from tests import plans
from tools import terraform
from tools.terraform import PROVIDER, Terraform, TerraformError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder and machine with nothing on it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "cache"))
    mirrors = ("~/.terraform.d/plugins", *(f"{tmp_path}/opt{below}" for below in ("", "/*", "/*/*")))
    monkeypatch.setattr(terraform, "MIRRORS", mirrors)
    return home


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return temporary


def test_registry_with_one_download_when_there_is_no_mirror(home: Path, temporary: Path, tmp_path: Path) -> None:
    environment = terraform.clean_environment(temporary)
    assert "TF_CLI_ARGS_init" not in environment
    assert environment["TF_PLUGIN_CACHE_DIR"] == str(tmp_path / "cache")
    assert (tmp_path / "cache").is_dir()


@pytest.mark.parametrize("below", ["opt", "opt/plug ins", "opt/terraform/plugins"])
def test_mirror_found(home: Path, temporary: Path, tmp_path: Path, below: str) -> None:
    (tmp_path / below / PROVIDER).mkdir(parents=True)
    environment = terraform.clean_environment(temporary)
    assert shlex.split(environment["TF_CLI_ARGS_init"]) == [f"-plugin-dir={tmp_path / below}"]
    assert "TF_PLUGIN_CACHE_DIR" not in environment


def test_mirror_without_the_provider_does_not_count(home: Path, temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "opt" / terraform.HOST / "hashicorp" / "random").mkdir(parents=True)
    assert "TF_CLI_ARGS_init" not in terraform.clean_environment(temporary)


def test_where_terraform_looks_by_itself_comes_first(home: Path, temporary: Path, tmp_path: Path) -> None:
    (home / ".terraform.d" / "plugins" / PROVIDER).mkdir(parents=True)
    (tmp_path / "opt" / PROVIDER).mkdir(parents=True)
    assert terraform.clean_environment(temporary)["TF_CLI_ARGS_init"].endswith("/home/.terraform.d/plugins")


def test_existing_configuration_wins(
    home: Path, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def configuration() -> str:
        environment = terraform.clean_environment(temporary)
        assert "TF_CLI_ARGS_init" not in environment
        return environment["TF_CLI_CONFIG_FILE"]

    (tmp_path / "opt" / PROVIDER).mkdir(parents=True)
    (home / ".terraformrc").touch()
    assert configuration() == str(home / ".terraformrc")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(home / "named"))
    assert configuration() == str(home / ".terraformrc"), "a file that is named and missing is as good as none"
    (home / "named").touch()
    assert configuration() == str(home / "named")


def test_providers_that_the_mirror_lacks(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "example"
    folder.mkdir()
    (folder / "versions.tf").write_text('    datadog = {\n      source  = "DataDog/datadog"\n    }\n')
    (folder / "main.tf").write_text('module "forwarder" {\n  source = "../../"\n}\n')
    assert plans.providers_not_mirrored(folder) == set(), "without a mirror Terraform asks the registry"
    (tmp_path / "opt" / PROVIDER).mkdir(parents=True)
    assert plans.providers_not_mirrored(folder) == {"DataDog/datadog"}
    (tmp_path / "opt" / terraform.HOST / "datadog" / "datadog").mkdir(parents=True)
    assert plans.providers_not_mirrored(folder) == set()


def test_environment_reaches_no_account(home: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("TF_VAR_name", "production")
    monkeypatch.setenv("TF_CLI_ARGS", "-destroy")
    environment = terraform.clean_environment(temporary)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "TF_VAR_name", "TF_CLI_ARGS"} & set(environment)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert Path(environment[name]).stat().st_size == 0


@pytest.fixture
def no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody names another program."""
    monkeypatch.delenv("TERRAFORM", raising=False)


def fake_terraform(folder: Path, script: str, name: str = "terraform") -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.usefixtures("no_choice")
def test_missing_terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TerraformError, match="is not on the PATH: install it"):
        terraform.find_terraform()


def test_another_program_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_terraform(tmp_path, "", "tofu")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TERRAFORM", "tofu")
    assert terraform.find_terraform() == str(tmp_path / "tofu")
    monkeypatch.setenv("TERRAFORM", "terragrunt")
    with pytest.raises(TerraformError, match="`terragrunt` is not on the PATH"):
        terraform.find_terraform()


def test_a_mirror_of_terraforms_registry_is_of_no_use_to_opentofu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", "/usr/bin/tofu")
    assert runpy.run_path(terraform.__file__)["PROVIDER"] == "registry.opentofu.org/hashicorp/aws"
    # Only the program counts, not the folder it is in.
    monkeypatch.setenv("TERRAFORM", "/opt/tofu/terraform")
    assert runpy.run_path(terraform.__file__)["PROVIDER"] == "registry.terraform.io/hashicorp/aws"
    monkeypatch.delenv("TERRAFORM")
    assert runpy.run_path(terraform.__file__)["PROVIDER"] == "registry.terraform.io/hashicorp/aws"


@pytest.mark.usefixtures("no_choice")
def test_version_of_the_provider_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_terraform(tmp_path, "")
    monkeypatch.setenv("PATH", str(tmp_path))
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.delenv("AWS_PROVIDER", raising=False)
    Terraform(folder).init()
    assert not list(folder.iterdir())
    monkeypatch.setenv("AWS_PROVIDER", "5.100.0")
    Terraform(folder).init()
    [override] = folder.iterdir()
    assert override.name.endswith("_override.tf.json")
    providers = json.loads(override.read_text())["terraform"]["required_providers"]
    assert providers == {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}


@pytest.mark.usefixtures("no_choice")
def test_failure_shows_the_last_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_terraform(tmp_path, "echo first; echo 'Error: no provider' >&2; exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    lines: list[str] = []
    command = Terraform(tmp_path, on_line=lines.append)
    with pytest.raises(TerraformError, match=r"exit code 3\)\nfirst\nError: no provider"):
        command.apply()
    assert lines == ["first", "Error: no provider"]
    with pytest.raises(TerraformError, match="plugin mirror"):
        command.init()
