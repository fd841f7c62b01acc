"""Options, outputs of Terraform, the hand-over page, and where secrets come from and do not go."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deep_security.conftest import CONFIGURATION, TOPIC, Site
from tools.deep_security import __main__ as command_line
from tools.repository import ROOT
from tools.terraform import Terraform


def outputs(folder: Path, **values: object) -> str:
    """A Terraform that has these outputs, by its path."""
    answer = folder / "outputs.json"
    answer.write_text(json.dumps({name: {"value": value, "type": "string"} for name, value in values.items()}))
    program = folder / "terraform"
    script = f'[ "$1" = "-chdir=stack" ] && cat {answer} || echo "no such folder" >&2'
    program.write_text(f"#!/bin/sh\nenv > {folder}/environment\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_the_outputs_of_terraform_say_what_is_wanted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"topic_arn": TOPIC, "publisher_user_name": site.user, "secret": "not asked for"}
    program = outputs(site.folder, deep_security_sns_configuration=json.dumps(CONFIGURATION), **values)
    monkeypatch.setenv("TERRAFORM", program)
    run = site.run("apply", "--yes", "--terraform", "stack", wanted=False)
    assert run.code == 0 and site.manager.setting("TopicArn") == TOPIC and "not asked for" not in run.text
    assert json.loads(site.manager.setting("ConfigJson")) == CONFIGURATION
    assert site.manager.api_key not in (site.folder / "environment").read_text()
    assert site.run("show", "--terraform", "stack", wanted=False).code == 0


def test_real_outputs_of_terraform(site: Site) -> None:
    values = {"topic_arn": TOPIC, "publisher_user_name": site.user}
    lines = [f'output "{name}" {{ value = "{value}" }}' for name, value in values.items()]
    configuration = json.dumps(json.dumps(CONFIGURATION))
    lines.append(f'output "deep_security_sns_configuration" {{ value = {configuration} }}')
    (site.folder / "main.tf").write_text("\n".join(lines))
    terraform = Terraform(site.folder)
    terraform.init()
    terraform.apply()
    assert site.run("apply", "--yes", "--terraform", ".", wanted=False).code == 0
    assert json.loads(site.manager.setting("ConfigJson")) == CONFIGURATION


@pytest.mark.parametrize(
    ("folder", "values", "reason"),
    [
        ("other", {}, "no such folder"),
        ("stack", {"topic_arns": {}}, "an output topic_arn"),
        ("stack", {"topic_arn": None}, "an output topic_arn"),
        ("stack", {"topic_arn": TOPIC, "publisher_user_name": None}, "--user"),
        ("stack", {"topic_arn": f"{TOPIC}.fifo"}, "not the ARN of a standard SNS topic"),
    ],
)
def test_outputs_that_do_not_suffice(
    site: Site, monkeypatch: pytest.MonkeyPatch, folder: str, values: dict[str, object], reason: str
) -> None:
    monkeypatch.setenv("TERRAFORM", outputs(site.folder, **values))
    run = site.run("apply", "--yes", "--terraform", folder, wanted=False)
    assert run.code == 2 and reason in run.errors and not site.manager.written


def test_terraform_that_is_not_there(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", "no-such-terraform")
    run = site.run("show", "--terraform", "stack", wanted=False)
    assert run.code == 2 and "no-such-terraform" in run.errors and "Traceback" not in run.errors


def test_a_configuration_of_another_topic_is_refused(site: Site) -> None:
    other = json.dumps(CONFIGURATION).replace(TOPIC, f"{TOPIC}-other")
    (site.folder / "configuration.json").write_text(other)
    run = site.run("apply", "--yes")
    assert run.code == 2 and f"no statement for the topic {TOPIC}" in run.errors


def test_the_hand_over_page_has_all_values_and_no_secret(applied: Site) -> None:
    target = ["--topic-arn", TOPIC, "--user", applied.user, "--configuration", "configuration.json"]
    run = applied.run("hand-over", *target, wanted=False, trusted=False)
    assert run.code == 0 and not run.errors
    assert f"| SNS Topic ARN | `{TOPIC}` |" in run.output and f"--user-name '{applied.user}'" in run.output
    assert json.loads(run.output.partition("```json\n")[2].partition("```")[0]) == CONFIGURATION
    for product in ("Deep Security Manager", "Cloud One Workload Security", "Vision One Server & Workload Protection"):
        assert product in run.output
    assert applied.manager.setting("SecretKey") not in run.output and applied.manager.api_key not in run.output


def test_the_hand_over_page_without_a_configuration(site: Site) -> None:
    run = site.run("hand-over", "--topic-arn", TOPIC, wanted=False, trusted=False)
    assert run.code == 0 and "tick the types of events" in run.output


def test_the_api_key_is_asked_for_without_echo(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEP_SECURITY_API_KEY")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: site.manager.api_key)
    assert site.run("show").code == 1


def test_the_api_key_is_not_asked_for_where_nobody_is(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEP_SECURITY_API_KEY")
    run = site.run("show")
    assert run.code == 2 and "DEEP_SECURITY_API_KEY" in run.errors


def test_no_option_takes_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("show", "apply", "rotate", "undo", "hand-over"):
        with pytest.raises(SystemExit, match="0"):
            command_line.main([command, "--help"])
        shown = capsys.readouterr().out
        assert "DEEP_SECURITY_API_KEY" in shown and "--api-key" not in shown and "--secret" not in shown


def test_as_a_process_of_its_own_secrets_are_nowhere(site: Site) -> None:
    """Arguments, output with Python's and the libraries' own logging on, and files."""
    code = (
        "import logging, sys; logging.basicConfig(level=logging.INFO)\n"
        "from tools.deep_security.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"}
    command = [sys.executable, "-X", "dev", "-c", code, *site.arguments("apply", "--yes")]
    run = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    for secret in (site.manager.api_key, site.manager.setting("SecretKey")):
        assert secret and secret not in run.stdout + run.stderr + " ".join(command)
        assert not [path for path in site.folder.rglob("*.json") if secret in path.read_text()]


def test_the_commands_of_the_page_are_understood() -> None:
    page = (ROOT / "docs" / "setup-deep-security.md").read_text()
    lines = re.findall(r'make deep-security ARGS="(.*)"', page)
    assert len(lines) >= 4
    for line in lines:
        assert command_line._parser().parse_args(shlex.split(line)).terraform == "examples/single-account"


def test_the_page_lists_every_permission_that_is_needed() -> None:
    page = (ROOT / "docs" / "setup-deep-security.md").read_text()
    source = (ROOT / "tools" / "deep_security" / "aws.py").read_text()
    called = set(re.findall(r"\.((?:list|create|update|delete)_access_keys?|get_metric_statistics)\b", source))
    named = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower() for action in re.findall(r'"(?:iam|cloudwatch):(\w+)"', page)
    }
    assert called == named and len(called) == 5


@pytest.mark.parametrize("error", [EOFError, KeyboardInterrupt])
def test_no_answer_is_no(site: Site, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]) -> None:
    def nobody(_question: str) -> str:
        raise error

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", nobody)
    run = site.run("apply")
    assert run.code == 130 and "Nothing was changed." in run.errors and not site.keys()
