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
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest

from tests.deep_security import fakes
from tests.deep_security.conftest import CONDITION, OTHER_TOPIC, TOPIC, USER, Site, configuration
from tests.deep_security.fakes import PREFIX
from tools import deep_security
from tools.repository import ROOT
from tools.terraform import Terraform

PAGE = (ROOT / "docs" / "setup-deep-security.md").read_text()
SCRIPT = ROOT / "tools" / "deep_security.py"
FORM = ("Access Key", "Secret Key", TOPIC, "```json", "Test credentials", "**Save**")
SECRETS = f"{fakes.FakeManager.api_key} secret/00000001+{'x' * 24} \x9b31m"
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in SECRETS)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (302, '{"message": "because"}', "HTTP 302 because.* follow a redirect"),
        (400, '{"message": "because"}', "HTTP 400 because.* An old manager may lack the setting"),
        (401, '{"message": "because"}', "HTTP 401 because.* --key-header"),
        (403, '{"message": "because"}', "HTTP 403 because.* platformSettingPrimaryTenantAllowTenantConfigureSns"),
        (404, '{"message": "because"}', "HTTP 404 because.* A manager before Deep Security 20"),
        (409, '{"message": "because"}', "HTTP 409 because.* in a minute"),
        (429, '{"message": "because"}', "HTTP 429 because.* Too many API requests"),
        (500, '{"message": "because"}', "HTTP 500 because.* Look at the manager"),
        (200, "<html>Sign in</html>", "Is a proxy in between"),
        (200, "[]", "Is a proxy in between"),
        (200, "{}", "Is a proxy in between"),
    ],
)
def test_each_answer_has_a_sentence(site: Site, status: int, body: str, said: str) -> None:
    site.manager.answers["GET"] = (status, body)
    for command in ("show", "apply", "rotate"):
        site.manager.requests.clear()
        run = site.run(command)
        assert run.code == 2 and re.search(said, run.errors) and "Nothing was changed." in run.errors
        assert len(site.manager.requests) == 1


NESTED = "[" * 99999


@pytest.mark.parametrize("value", [NESTED, "9" * 5000, "a\r\nb", None, {"a": 1}])
def test_a_setting_can_hold_anything(applied: Site, value: Any) -> None:
    """What is read after a change, too: it is said how things stand, and a key that works stays."""
    old = applied.manager["AccessKey"]
    applied.manager.read = lambda name, shown: value if name == "ConfigJson" and applied.manager.written else shown
    run = applied.run("rotate", "--yes")
    assert run.code in {0, 2} and applied.works() and applied.manager["AccessKey"] != old
    assert run.code == 0 or "has taken the change" in run.errors
    assert "\ufffd" not in applied.run("show").text


def test_no_access_key_is_not_a_masked_one(site: Site) -> None:
    site.manager.read = lambda _, value: value or None  # type: ignore[assignment, return-value]
    site.aws.add()
    assert f"Access key: (empty), should be a new access key of {USER}" in site.run("show").output


@pytest.mark.parametrize("printed", ["no JSON", NESTED, "[]", "5", '{"topic_arn": 5}', '{"topic_arn": {"value": 5}}'])
def test_a_terraform_can_print_anything(site: Site, monkeypatch: pytest.MonkeyPatch, printed: str) -> None:
    monkeypatch.setattr(subprocess, "check_output", lambda *_, **__: printed)
    run = site.typed("show", "--terraform", "stack", *site.to_manager)
    assert run.code == 2 and "Nothing was changed." in run.errors


@pytest.mark.parametrize(("status", "body"), [(403, "<html>"), (408, '{"message": ""}'), (200, "<html>"), (504, "")])
def test_an_answer_that_is_not_the_managers_refusal_deletes_nothing(applied: Site, status: int, body: str) -> None:
    applied.manager.answers["POST"] = (status, body)
    run = applied.run("rotate", "--yes")
    assert applied.works() and len(applied.aws.keys) == 2, run.text
    assert status == 200 or (run.code == 2 and "may have taken" in run.errors)


def test_the_managers_words_hide_secrets_and_controls(site: Site) -> None:
    site.manager.answers["POST"] = (400, f'{{"message": "{ESCAPED}{"x" * 9999}"}}')
    run = site.run("apply", "--yes")
    assert run.code == 2 and "\x9b" not in run.text and run.errors.count("(secret)") == 2
    assert site.manager.api_key not in run.text and "secret/" not in run.text and len(run.errors) < 1000
    site.manager["TopicArn"] = "\x1b[2J\x9b31m\u202e gone"
    assert not re.search("[\x1b\x9b\u202e]", site.run("show").text)


EARLIER = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (["dsm.example.com"], {}, "Hostname mismatch.* subject alternative name"),
        ([], {"common_name": "localhost"}, "common name only"),
        (["localhost"], {"not_before": EARLIER - timedelta(days=9), "not_after": EARLIER}, "has expired.* Renew"),
        (None, {}, "does not speak TLS"),
        (["localhost"], {"ca": certifi.where()}, "Name the CA"),
        (["localhost"], {"ca": "missing.pem"}, "in PEM"),
        (["localhost"], {"ca": "configuration.json"}, "in PEM"),
    ],
)
def test_tls_says_its_own_reason(
    site: Site, certificate: Callable[..., Path], names: list[str] | None, options: dict[str, Any], said: str
) -> None:
    ca = options.pop("ca", None)
    path = None if names is None else certificate(*names, **options)
    with fakes.running(path) as manager:
        run = site.run("show", "--manager", manager.url, "--ca-bundle", ca or str(path or site.ca))
    assert run.code == 2 and re.search(said, run.errors) and not manager.requests
    assert ca or "Name the CA" not in run.errors


def test_a_port_where_nobody_listens(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = site.run("show", "--manager", f"https://localhost:{port}")
    assert run.code == 2 and "Connection refused" in run.errors and "Check address, port" in run.errors


@pytest.mark.parametrize("header", ["api-secret-key", "authorization"])
@pytest.mark.parametrize("path", ["", "/", "/api", "/api/"])
def test_the_environment_replaces_neither_header_nor_ca(
    site: Site, monkeypatch: pytest.MonkeyPatch, header: str, path: str
) -> None:
    site.manager.header = header
    (site.folder / "netrc").write_text("machine localhost login somebody password else")
    monkeypatch.setenv("NETRC", str(site.folder / "netrc"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    assert site.run("apply", "--yes", "--key-header", header, "--manager", site.manager.url + path).code == 0


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://dsm.example.com:4119", "must be an https address"),
        ("dsm.example.com:4119", "must be an https address"),
        ("https://admin:pw@dsm.example.com", "must be an https address"),
        ("https://portal.xdr.trendmicro.com", "workload.REGION.cloudone.trendmicro.com"),
        ("https://api.xdr.trendmicro.co.jp/", "workload.REGION.cloudone.trendmicro.com"),
    ],
)
def test_addresses_are_refused_before_the_key_is_asked_for(
    site: Site, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.delenv("DEEP_SECURITY_API_KEY")
    assert said in site.run("show", "--manager", address).errors


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "\N{EN DASH}"])
def test_the_api_key(site: Site, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """One that no header can carry is refused. Without one it is asked for, without echo."""
    monkeypatch.setenv("DEEP_SECURITY_API_KEY", key)
    run = site.run("show")
    assert run.code == 2 and "DEEP_SECURITY_API_KEY" in run.errors and (not key or key not in run.text)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: site.manager.api_key)
    assert site.run("show").code == (2 if key else 1)


def test_show_says_what_differs_and_what_uses_each_key(site: Site) -> None:
    run = site.run("show")
    assert run.code == 1 and "Publish events to SNS: false, should be true" in run.output
    assert f"Access key: (empty), should be a new access key of {USER}" in run.output
    site.start()
    assert site.run("show").code == 0 and json.dumps(CONDITION) in run.output
    unused = site.aws.add()
    shown = site.run("show").output
    assert f"--access-key-id {unused.id}" in shown and "nothing is seen to use it" in shown
    unused.age(9, 2)
    assert "something else uses it. Give this manager an IAM user of its own" in site.run("show").output
    site.aws.keys[0].status = "Inactive"
    assert site.run("show").code == 1 and not site.manager.written
    site.aws.refused["ListAccessKeys"] = "AccessDenied"
    assert site.run("show").code == 2 and site.run("show", "--user", "").code == 0


def test_json_is_one_object_and_has_the_exit_status(site: Site) -> None:
    run = site.run("apply", "--yes", "--output", "json")
    made = json.loads(run.output)
    assert (made["exit"], made["error"]) == (0, "") and "Done." in run.errors
    assert made["should_be"][f"{PREFIX}Enabled"] == "true" and made["is"][f"{PREFIX}Enabled"] == "false"
    [key] = json.loads(site.run("show", "--output", "json").output)["access_keys"]
    assert key["AccessKeyId"] == site.manager["AccessKey"] and key["way_on"] == "Deep Security has it."
    assert json.loads(site.run("rotate", "--dry-run", "--output", "json").output)["exit"] == 1
    site.manager.answers["GET"] = (500, "")
    assert json.loads(site.run("show", "--output", "json").output)["exit"] == 2


def test_apply_sets_all_in_one_call_with_a_key_that_has_published(site: Site) -> None:
    site.aws.unknown, site.manager["SecretKey"] = 3, "the former secret"
    run = site.run("apply", "--yes")
    [written], [kept] = site.manager.written, site.folder.glob("deep-security-*.json")
    assert run.code == 0 and site.works() and set(written) == set(site.manager.settings)
    assert json.loads(written[f"{PREFIX}ConfigJson"]) == json.loads(configuration(TOPIC))
    [published] = site.aws.published
    assert json.loads(published) == json.loads((ROOT / "tests" / "samples" / "TestSNS.json").read_text())
    assert json.loads(kept.read_text())["settings"][f"{PREFIX}Enabled"] == "false"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for secret in ("the former secret", site.manager["SecretKey"], site.manager.api_key):
        assert secret not in run.text + kept.read_text()
    site.manager["Enabled"] = "FALSE"
    assert [site.run("apply", "--yes").code for _ in range(2)] == [0, 0] and len(site.aws.keys) == 1
    assert site.manager.written[1:] == [{f"{PREFIX}Enabled": "true"}] and site.works()


@pytest.mark.parametrize("status", [["Active"], ["Inactive"], ["Active", "Active"]])
def test_the_one_way_on_is_said_before_a_key_is_made(site: Site, status: list[str]) -> None:
    """By all commands, to a manager that uses none of the keys."""
    others = [site.aws.add(each) for each in status]
    runs = [site.run(*command, "--yes") for command in (["apply"], ["rotate"], ["rotate", "--finish"])]
    assert {run.code for run in runs} == {2} and len({run.errors for run in runs}) == 1
    assert all(f"--access-key-id {key.id}" in runs[0].errors for key in others)
    assert "Nothing was changed." in runs[0].errors and site.aws.keys == others and not site.manager.written
    site.aws.keys.clear()
    assert f"no active access key of {USER}: apply" in site.run("rotate", "--yes").errors and not site.aws.keys


def test_a_filter_changes_and_no_command_can_set_a_deleted_key(applied: Site) -> None:
    applied.configure(configuration(TOPIC).replace("PayloadLog", "PacketLog"))
    assert applied.run("apply", "--yes").code == 0 and applied.run("rotate", "--yes").code == 0
    applied.aws.keys[0].used, new = None, applied.aws.keys[1].age(9, 1)
    assert [applied.run("rotate", "--yes", "--finish").code for _ in range(3)] == [0, 0, 0]
    assert applied.status() == {new.id: "Active"} and applied.works()
    with pytest.raises(SystemExit, match="2"):
        applied.run("undo", "deep-security.json")


def test_without_a_configuration_it_says_that_nothing_is_ticked(site: Site) -> None:
    run = site.typed("apply", "--yes", *site.to_manager, "--topic-arn", TOPIC, "--user", USER)
    assert run.code == 0 and "this command ticks nothing" in run.output
    assert f"{PREFIX}ConfigJson" not in site.manager.written[0]


def test_apply_refuses_to_replace_another_topic(applied: Site) -> None:
    applied.manager["ConfigJson"] = configuration(TOPIC, OTHER_TOPIC)
    run = applied.run("apply", "--yes")
    assert run.code == 2 and OTHER_TOPIC in run.errors and "--replace" in run.errors and not applied.manager.written
    applied.configure(configuration(OTHER_TOPIC, TOPIC))
    assert applied.run("apply", "--yes").code == 0, "a configuration with both topics loses none"
    applied.configure(configuration(TOPIC))
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
    site.rotated() if "--finish" in command else site.start(applied=command != ("apply",))
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
    applied.manager.answers["POST"] = (403, '{"message": "not you"}')
    run = applied.run("rotate", "--yes")
    assert run.code == 2 and -1 < run.errors.find("not you") < run.errors.find("DeleteAccessKey")
    assert f"--access-key-id {applied.aws.keys[1].id}" in run.errors and "may have" not in run.errors


def test_test_publishes_with_a_key_of_its_own(applied: Site) -> None:
    before, run = applied.status(), applied.run("test")
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
    ("given", "service", "said"),
    [
        ({"used": 5.99}, "sns", "does not show that SNS has seen"),  # by this command's own test only
        ({}, "sts", "does not show that SNS has seen"),
        ({"old_used": 1}, "sns", "Does another manager have it?"),
        ({"hours": 2}, "sns", "Within four hours"),
    ],
)
def test_finish_wants_iams_evidence_or_force(site: Site, given: dict[str, float], service: str, said: str) -> None:
    old, new = site.rotated(**given)
    new.service = service
    run = site.run("rotate", "--yes", "--finish")
    assert run.code == 2 and said in run.errors and "--force" in run.errors
    assert site.status() == {old.id: "Active", new.id: "Active"}
    assert site.run("rotate", "--yes", "--finish", "--force").code == 0 and site.works()


def test_force_is_for_finish_only(applied: Site) -> None:
    assert "--force goes with --finish" in applied.run("rotate", "--yes", "--force").errors and applied.aws.made == 1


def test_only_a_new_key_is_waited_for(applied: Site) -> None:
    """The administrator's own credentials do not get better."""
    calls: list[str] = []
    applied.aws.around = lambda call, do: calls.append(call) or do()  # type: ignore[func-returns-value]
    applied.aws.refused["ListAccessKeys"] = "InvalidClientTokenId"
    assert applied.run("show").code == 2 and calls.count("ListAccessKeys") == 1


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_finish_never_touches_a_newer_key(applied: Site, force: tuple[str, ...]) -> None:
    """It may be what a rotation under way is about to set."""
    newer = applied.aws.add()
    run = applied.run("rotate", "--yes", "--finish", *force)
    assert run.code == 2 and f"{newer.id} is newer" in run.errors and newer.status == "Active"


def test_the_outputs_of_terraform_say_what_is_wanted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"topic_arn": TOPIC, "publisher_user_name": USER, "deep_security_sns_configuration": configuration(TOPIC)}
    (site.folder / "main.tf").write_text(
        "\n".join(f'output "{name}" {{ value = {json.dumps(value)} }}' for name, value in values.items())
    )
    terraform = Terraform(site.folder)
    terraform.init()
    terraform.apply()
    assert site.typed("apply", "--yes", "--terraform", ".", *site.to_manager).code == 0 and site.works()
    fake = site.folder / "fake"
    fake.write_text(f"#!/bin/sh\nenv > {site.folder}/environment\ncat outputs.json\n")
    fake.chmod(0o755)
    monkeypatch.setenv("TERRAFORM", str(fake))
    for missing, said in (("topic_arn", "--topic-arn"), ("publisher_user_name", "--user")):
        outputs = {name: {"value": value} for name, value in values.items() if name != missing}
        (site.folder / "outputs.json").write_text(json.dumps(outputs))
        assert said in site.typed("apply", "--yes", "--terraform", "stack", *site.to_manager).errors
    assert site.manager.api_key not in (site.folder / "environment").read_text()
    monkeypatch.setenv("TERRAFORM", "no-such-terraform")
    assert "no-such-terraform" in site.typed("show", "--terraform", "stack", *site.to_manager).errors


@pytest.mark.parametrize("given", ["", "no JSON", "[]", "{}", '{"Statement": 1}', configuration(OTHER_TOPIC)])
def test_a_configuration_without_the_topic_is_refused(site: Site, given: str) -> None:
    site.configure(given)
    assert "no statement for the topic" in site.run("apply", "--yes").errors
    site.manager["ConfigJson"], site.manager["AdvancedConfigEnabled"] = given, "true"
    site.configure(configuration(TOPIC, OTHER_TOPIC))
    assert site.run("show").code == 1


@pytest.mark.parametrize("arn", ["", "topic", f"{TOPIC}.fifo", f"{TOPIC}\n", TOPIC.replace("sns", "sqs"), f"{TOPIC}/*"])
def test_what_is_no_topic_or_user_is_refused(site: Site, arn: str) -> None:
    assert "Name a standard SNS topic" in site.run("show", "--topic-arn", arn).errors
    assert "Name the IAM user" in site.run("hand-over", "--user", "a'; b").errors


def test_hand_over_has_all_values_in_the_order_of_the_form(site: Site) -> None:
    run = site.typed("hand-over", "--topic-arn", TOPIC, "--user", USER, "--configuration", "configuration.json")
    assert run.code == 0 and json.loads(run.output.partition("```json\n")[2].partition("```")[0])
    order = [run.output.index(label) for label in FORM]
    assert order == sorted(order) and USER in run.output
    assert "tick the types" in site.typed("hand-over", "--topic-arn", TOPIC).output


def test_help_and_pages_show_commands_that_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("show", "apply", "rotate", "test", "hand-over"):
        with pytest.raises(SystemExit, match="0"):
            deep_security.main([command, "--help"])
        shown = capsys.readouterr().out
        assert shown.startswith(f"usage: uv run tools/deep_security.py {command} ")
        assert "DEEP_SECURITY_API_KEY" in shown and "--api-key" not in shown and "--secret" not in shown
    pages = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    commands = re.findall(r"^uv run tools/deep_security\.py (.*?)(?: >.*)?$", pages, re.MULTILINE)
    assert len(commands) >= 5
    for line in commands:
        options = deep_security._parser().parse_args(shlex.split(line))
        assert options.terraform == "examples/single-account"


def test_the_inline_dependencies_are_what_it_imports() -> None:
    source = SCRIPT.read_text()
    block = re.findall("^# (.*)$", source.partition("# /// script\n")[2].partition("# ///\n")[0], re.MULTILINE)
    named = {text.partition(">")[0] for text in tomllib.loads("\n".join(block))["dependencies"]}
    modules = set(re.findall(r"^\s*(?:import|from) (\w+)", source, re.MULTILINE)) - sys.stdlib_module_names
    assert modules - {"botocore"} == named == {"boto3", "requests"}, "botocore comes with boto3"


@pytest.mark.parametrize("code", [0, 1, 2])
def test_make_passes_the_exit_status_on(tmp_path: Path, code: int) -> None:
    (tmp_path / "uv").write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    (tmp_path / "uv").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["make", "deep-security", "ARGS=show --manager https://dsm.example.com:4119"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == code
    assert run.stdout.startswith("run tools/deep_security.py show --manager https://dsm.example.com:4119\n")


def test_ctrl_c_while_iam_hangs(site: Site) -> None:
    """As a process of its own, by plain Python."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        own = {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        command = [sys.executable, "-X", "dev", str(SCRIPT), *site.arguments("apply", "--yes")]
        with subprocess.Popen(command, env=os.environ | own, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            _, errors = process.communicate(timeout=30)
        connection.close()
    assert process.returncode == 130 and time.monotonic() - start < 2
    assert errors.endswith("Interrupted.\nNothing was changed.\n") and site.manager.api_key not in errors


def test_the_page_lists_every_permission_that_is_needed(site: Site) -> None:
    called: set[str] = set()

    def around(call: str, do: Callable[[], Any]) -> Any:
        called.add(call)
        return do()

    site.aws.around = around
    site.run("apply", "--yes")
    site.rotated()
    site.aws.around = around
    for _ in range(2):
        site.run("rotate", "--yes", "--finish")
    named = set(re.findall(r'"iam:(\w+)"', PAGE))
    assert called - {"GET", "POST", "Publish"} == named and len(named) == 5
