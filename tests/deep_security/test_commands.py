"""What each command does, refuses and says."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.deep_security.conftest import CONDITION, OTHER_TOPIC, TOPIC, USER, Site, configuration
from tests.deep_security.fakes import PREFIX, FakeKey
from tools import deep_security
from tools.repository import ROOT
from tools.terraform import Terraform

PAGE = (ROOT / "docs" / "setup-deep-security.md").read_text()
SCRIPT = ROOT / "tools" / "deep_security.py"


def test_show_says_what_differs(site: Site) -> None:
    run = site.run("show")
    assert run.code == 1 and "Publish events to SNS: false, should be true" in run.output
    assert f"Access key: (empty), should be a new access key of {USER}" in run.output
    site.start()
    assert site.run("show").code == 0
    site.aws.keys[0].status = "Inactive"
    assert site.run("show").code == 1 and not site.manager.written


def test_show_needs_no_aws_without_a_user(applied: Site) -> None:
    applied.aws.refused["ListAccessKeys"] = "AccessDenied"
    assert applied.run("show", "--user", "").code == 0


def test_show_tells_used_keys_from_unused_ones(applied: Site) -> None:
    unused = applied.aws.add()
    assert (
        f"--access-key-id {unused.id}" in (text := applied.run("show").output) and "nothing is seen to use it" in text
    )
    unused.age(9, 2)
    assert "something else uses it. Give this manager an IAM user of its own" in applied.run("show").output


def test_json_is_one_object_and_has_the_exit_status(site: Site) -> None:
    run = site.run("apply", "--yes", "--output", "json")
    made = json.loads(run.output)
    assert (made["exit"], made["error"]) == (0, "") and "Done." in run.errors
    assert made["should_be"][f"{PREFIX}Enabled"] == "true" and made["is"][f"{PREFIX}Enabled"] == "false"
    assert site.manager["SecretKey"] not in run.text
    [key] = json.loads(site.run("show", "--output", "json").output)["access_keys"]
    assert key["AccessKeyId"] == site.manager["AccessKey"] and key["way_on"] == "Deep Security has it."
    site.manager.answer = (500, {}, "")
    assert json.loads(site.run("show", "--output", "json").output)["exit"] == 2


def test_apply_sets_all_in_one_call_with_a_key_that_has_published(site: Site) -> None:
    site.aws.unknown = 3
    run = site.run("apply", "--yes")
    [written] = site.manager.written
    assert run.code == 0 and site.works() and set(written) == set(site.manager.settings)
    assert json.loads(written[f"{PREFIX}ConfigJson"]) == json.loads(configuration(TOPIC))
    assert site.aws.published == ['[{"EventType": "TestSNS"}]']
    assert json.loads(site.aws.published[0]) == json.loads((ROOT / "tests" / "samples" / "TestSNS.json").read_text())
    again = site.run("apply", "--yes")
    assert again.code == 0 and len(site.manager.written) == len(site.aws.keys) == 1


def test_apply_never_shows_or_keeps_the_secret_key(site: Site) -> None:
    site.manager["SecretKey"] = "the former secret"
    run = site.run("apply", "--yes")
    [kept] = site.folder.glob("deep-security-*.json")
    assert json.loads(kept.read_text())["settings"][f"{PREFIX}Enabled"] == "false"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for secret in ("the former secret", site.manager["SecretKey"], site.manager.api_key):
        assert secret not in run.text + kept.read_text()


def test_apply_leaves_a_key_alone_that_works(applied: Site) -> None:
    applied.manager["Enabled"] = "FALSE"
    assert applied.run("apply", "--yes").code == 0
    assert applied.manager.written == [{f"{PREFIX}Enabled": "true"}] and applied.works()


@pytest.mark.parametrize("status", ["Active", "Inactive"])
def test_apply_says_the_way_on_before_it_makes_a_second_key(site: Site, status: str) -> None:
    other = site.aws.add(status)
    run = site.run("apply", "--yes")
    assert run.code == 2 and f"--access-key-id {other.id}" in run.errors and site.aws.made == 1
    assert "Nothing was changed." in run.errors and not site.manager.written


def test_a_manager_that_uses_neither_of_two_keys(site: Site) -> None:
    """One way on, said by both."""
    for _ in range(2):
        site.aws.add()
    runs = [
        site.run(*command) for command in (("apply", "--yes"), ("rotate", "--yes"), ("rotate", "--yes", "--finish"))
    ]
    assert {run.code for run in runs} == {2} and len({run.errors for run in runs}) == 1
    assert all(f"--access-key-id {key.id}" in runs[0].errors for key in site.aws.keys)


def test_apply_after_a_changed_filter_rotate_and_finish(applied: Site) -> None:
    """There is nothing to undo it that could set a deleted key."""
    old = applied.manager["AccessKey"]
    (applied.folder / "configuration.json").write_text(configuration(TOPIC).replace("PayloadLog", "PacketLog"))
    assert applied.run("apply", "--yes").code == 0 and applied.run("rotate", "--yes").code == 0
    new = applied.aws.key(applied.manager["AccessKey"])
    assert new
    new.age(9, 1)
    applied.aws.keys[0].used = None
    assert [applied.run("rotate", "--yes", "--finish").code for _ in range(3)] == [0, 0, 0]
    assert applied.status() == {new.id: "Active"} and applied.works() and old not in applied.status()
    (applied.folder / "configuration.json").write_text(configuration(TOPIC))
    assert applied.run("apply", "--yes").code == 0 and applied.works()
    with pytest.raises(SystemExit, match="2"):
        applied.run("undo", "deep-security.json")


def test_the_types_of_events_are_said(site: Site) -> None:
    assert f"Events published: {json.dumps(CONDITION)}" in site.run("show").output
    target = ["--manager", site.manager.url, "--ca-bundle", str(site.ca), "--topic-arn", TOPIC, "--user", USER]
    run = site.typed("apply", "--yes", *target)
    assert run.code == 0 and "this command ticks nothing" in run.output
    assert f"{PREFIX}ConfigJson" not in site.manager.written[0]
    site.start()
    assert site.typed("apply", "--yes", *target).code == 0 and site.manager["AdvancedConfigEnabled"] == "true"


def test_apply_refuses_to_replace_another_topic(applied: Site) -> None:
    applied.manager["ConfigJson"] = configuration(TOPIC, OTHER_TOPIC)
    run = applied.run("apply", "--yes")
    assert run.code == 2 and OTHER_TOPIC in run.errors and "--replace" in run.errors and not applied.manager.written
    (applied.folder / "configuration.json").write_text(configuration(OTHER_TOPIC, TOPIC))
    assert applied.run("apply", "--yes").code == 0, "a configuration with both topics loses none"
    (applied.folder / "configuration.json").write_text(configuration(TOPIC))
    assert applied.run("apply", "--yes", "--replace").code == 0
    applied.manager["TopicArn"] = OTHER_TOPIC
    assert applied.run("apply", "--yes").code == 2


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("", 2)])
def test_apply_asks(site: Site, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    run = site.run("apply")
    assert run.code == code and len(site.aws.keys) == len(site.manager.written) == (code == 0)
    assert code == 0 or "--yes" in run.errors


@pytest.mark.parametrize("command", [("apply",), ("rotate",), ("rotate", "--finish")])
def test_a_dry_run_changes_nothing(site: Site, command: tuple[str, ...]) -> None:
    site.start(applied=command != ("apply",))
    if "--finish" in command:
        site.rotated()
    before = site.status(), dict(site.manager.settings)
    assert site.run(*command, "--dry-run").code == 1
    assert (site.status(), site.manager.settings) == before and not [*site.folder.glob("deep-security-*")]


@pytest.mark.parametrize(
    ("code", "advice"),
    [("AuthorizationError", "source_cidrs"), ("NotFound", "Check region"), ("KMSAccessDenied", "customer-keys.md")],
)
def test_a_key_that_cannot_publish_is_not_set(applied: Site, code: str, advice: str) -> None:
    applied.aws.refused["Publish"] = code
    run = applied.run("rotate", "--yes")
    assert run.code == 2 and code in run.errors and advice in run.errors and "is deleted again" in run.errors
    assert applied.works() and len(applied.aws.keys) == 1 and not applied.manager.written


def test_both_causes_are_told_the_first_one_first(applied: Site) -> None:
    applied.aws.refused["DeleteAccessKey"] = "AccessDenied"
    applied.manager.answer, applied.manager.answered = (403, {}, '{"message": "not you"}'), "POST"
    run = applied.run("rotate", "--yes")
    assert run.code == 2 and -1 < run.errors.find("not you") < run.errors.find("DeleteAccessKey")
    assert f"--access-key-id {applied.aws.keys[1].id}" in run.errors


def test_test_publishes_with_a_key_of_its_own(applied: Site) -> None:
    before = applied.status()
    run = applied.run("test")
    assert run.code == 0 and applied.aws.published and applied.status() == before
    applied.aws.add()
    assert "LimitExceeded" in applied.run("test").errors


def test_finish_deactivates_then_deletes_the_former_key(site: Site) -> None:
    old, new = site.rotated()
    assert site.run("rotate", "--yes").code == 2, "not a third key"
    run = site.run("rotate", "--yes", "--finish")
    assert run.code == 0 and site.status() == {old.id: "Inactive", new.id: "Active"}
    assert all(key.id in run.output for key in (old, new)) and "last used" in run.output and "by sns" in run.output
    assert site.run("rotate", "--yes", "--finish").code == 0 and site.status() == {new.id: "Active"}
    assert site.run("rotate", "--yes", "--finish").code == 0 and site.works()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"used": 5.99}, "does not show that SNS has seen"),  # by this command's own test only
        ({"old_used": 1}, "Does another manager have it?"),
        ({"hours": 2}, "Within four hours"),
    ],
)
def test_finish_wants_iams_evidence_or_force(site: Site, given: dict[str, float], said: str) -> None:
    old, new = site.rotated(**given)
    run = site.run("rotate", "--yes", "--finish")
    assert run.code == 2 and said in run.errors and "--force" in run.errors
    assert site.status() == {old.id: "Active", new.id: "Active"}
    assert site.run("rotate", "--yes", "--finish", "--force").code == 0 and site.works()


def test_finish_wants_a_use_by_sns_and_force_wants_finish(site: Site) -> None:
    _, new = site.rotated()
    new.service = "sts"
    assert "does not show that SNS has seen" in site.run("rotate", "--yes", "--finish").errors
    assert "--finish" in site.run("rotate", "--yes", "--force").errors


def test_finish_never_touches_a_newer_key(site: Site) -> None:
    """It may be what a rotation under way is about to set."""
    site.start()
    newer: FakeKey = site.aws.add()
    for force in ((), ("--force",)):
        run = site.run("rotate", "--yes", "--finish", *force)
        assert run.code == 2 and f"{newer.id} is newer" in run.errors and newer.status == "Active"


def outputs(folder: Path, monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    """A Terraform that has these outputs, and notes its environment."""
    (folder / "outputs.json").write_text(json.dumps({name: {"value": value} for name, value in values.items()}))
    script = f'env > {folder}/environment; [ "$1" = "-chdir=stack" ] && cat {folder}/outputs.json'
    (folder / "terraform").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "terraform").chmod(0o755)
    monkeypatch.setenv("TERRAFORM", str(folder / "terraform"))


def test_the_outputs_of_terraform_say_what_is_wanted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = ["--manager", site.manager.url, "--ca-bundle", str(site.ca)]
    values = {"topic_arn": TOPIC, "publisher_user_name": USER, "deep_security_sns_configuration": configuration(TOPIC)}
    outputs(site.folder, monkeypatch, **values)
    assert site.typed("apply", "--yes", "--terraform", "stack", *manager).code == 0 and site.works()
    assert site.manager.api_key not in (site.folder / "environment").read_text()
    assert site.typed("apply", "--yes", "--terraform", "other", *manager).code == 2
    for missing, said in (("topic_arn", "--topic-arn"), ("publisher_user_name", "--user")):
        outputs(site.folder, monkeypatch, **{**values, missing: None})
        assert said in site.typed("apply", "--yes", "--terraform", "stack", *manager).errors
    monkeypatch.setenv("TERRAFORM", "no-such-terraform")
    assert "no-such-terraform" in site.typed("show", "--terraform", "stack", *manager).errors


def test_real_outputs_of_terraform(site: Site) -> None:
    values = {"topic_arn": TOPIC, "publisher_user_name": USER, "deep_security_sns_configuration": configuration(TOPIC)}
    lines = [f'output "{name}" {{ value = {json.dumps(value)} }}' for name, value in values.items()]
    (site.folder / "main.tf").write_text("\n".join(lines))
    terraform = Terraform(site.folder)
    terraform.init()
    terraform.apply()
    run = site.typed("hand-over", "--terraform", ".")
    assert run.code == 0 and TOPIC in run.output and USER in run.output


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"Statement": 1}', configuration(OTHER_TOPIC)])
def test_a_configuration_without_the_topic_is_refused(site: Site, text: str) -> None:
    (site.folder / "configuration.json").write_text(text)
    assert "no statement for the topic" in site.run("apply", "--yes").errors
    site.manager["ConfigJson"], site.manager["AdvancedConfigEnabled"] = text, "true"
    (site.folder / "configuration.json").write_text(configuration(TOPIC, OTHER_TOPIC))
    assert site.run("show").code == 1


@pytest.mark.parametrize("arn", ["", "topic", f"{TOPIC}.fifo", f"{TOPIC}\n", TOPIC.replace("sns", "sqs"), f"{TOPIC}/*"])
def test_what_is_no_topic_is_refused(site: Site, arn: str) -> None:
    assert "Name a standard SNS topic" in site.run("show", "--topic-arn", arn).errors


def test_what_a_setting_holds_cannot_command_the_terminal(site: Site) -> None:
    site.manager["TopicArn"] = "\x1b[2J\x9b31m\u202e gone"
    assert not re.search("[\x1b\x9b\u202e]", site.run("show").text)


def test_hand_over_has_all_values_in_the_order_of_the_form(applied: Site) -> None:
    run = applied.typed("hand-over", "--topic-arn", TOPIC, "--user", USER, "--configuration", "configuration.json")
    assert run.code == 0 and json.loads(run.output.partition("```json\n")[2].partition("```")[0])
    order = [
        run.output.index(text)
        for text in ("Access Key", "Secret Key", TOPIC, "```json", "Test credentials", "**Save**")
    ]
    assert order == sorted(order) and USER in run.output
    assert "tick the types" in applied.typed("hand-over", "--topic-arn", TOPIC).output


def test_no_option_takes_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("show", "apply", "rotate", "test", "hand-over"):
        with pytest.raises(SystemExit, match="0"):
            deep_security.main([command, "--help"])
        shown = capsys.readouterr().out
        assert shown.startswith(f"usage: uv run tools/deep_security.py {command} ")
        assert "DEEP_SECURITY_API_KEY" in shown and "--api-key" not in shown and "--secret" not in shown


def test_the_inline_dependencies_are_what_it_imports() -> None:
    source = SCRIPT.read_text()
    block = re.findall("^# (.*)$", source.partition("# /// script\n")[2].partition("# ///\n")[0], re.MULTILINE)
    named = {re.match(r"\w+", text)[0] for text in tomllib.loads("\n".join(block))["dependencies"]}  # type: ignore[index]
    modules = set(re.findall(r"^\s*(?:import|from) (\w+)", source, re.MULTILINE)) - sys.stdlib_module_names
    # botocore and urllib3 come with these two.
    assert modules - {"botocore", "urllib3"} == named == {"boto3", "requests"}


@pytest.mark.parametrize(("code", "status"), [(0, 0), (1, 1), (2, 2)])
def test_make_passes_the_exit_status_on(tmp_path: Path, code: int, status: int) -> None:
    (tmp_path / "uv").write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    (tmp_path / "uv").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["make", "deep-security", "ARGS=show --manager https://dsm.example.com:4119"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == status
    assert run.stdout.startswith("run tools/deep_security.py show --manager https://dsm.example.com:4119\n")


def test_ctrl_c_while_iam_hangs(site: Site) -> None:
    """As a process of its own, by plain Python."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        command = [sys.executable, "-X", "dev", str(SCRIPT), *site.arguments("apply", "--yes")]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            _, errors = process.communicate(timeout=30)
        connection.close()
    assert process.returncode == 130 and time.monotonic() - start < 2
    assert errors.endswith("Interrupted.\nNothing was changed.\n") and site.manager.api_key not in errors


def commands_of(text: str) -> list[str]:
    return re.findall(r"^uv run tools/deep_security\.py (.*)$", text, re.MULTILINE)


def test_the_commands_of_the_pages_are_understood() -> None:
    commands = [line for path in (ROOT / "docs").glob("*.md") for line in commands_of(path.read_text())]
    assert len(commands) >= 5
    for line in commands:
        options = deep_security._parser().parse_args(shlex.split(line.partition(">")[0]))
        assert options.terraform == "examples/single-account"


def test_the_page_lists_every_permission_that_is_needed(site: Site) -> None:
    named = set(re.findall(r'"iam:(\w+)"', PAGE))
    called: set[str] = set()

    def around(call: str, do: Any) -> Any:
        called.add(call)
        return do()

    site.around(around)
    site.run("apply", "--yes")
    site.rotated()
    site.around(around)
    for _ in range(2):
        site.run("rotate", "--yes", "--finish")
    assert called - {"GET", "POST", "Publish"} == named and len(named) == 5
