"""What each command does, refuses and says."""

import json
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import certifi
import pytest
import trustme
from requests.adapters import HTTPAdapter

from tests.deep_security.conftest import API_KEY, OTHER_TOPIC, PREFIX, TABLES, TOPIC, USER, Refused, Site, configuration
from tools import deep_security
from tools.repository import ROOT

PAGE = (ROOT / "docs" / "setup-deep-security.md").read_text()
SCRIPT = ROOT / "tools" / "deep_security.py"


@pytest.mark.parametrize("case", TABLES["cases"], ids=lambda case: f"{case[0]} {str(case[1])[:9]} {case[2]}")
def test_what_is_refused_changes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch, case: list[Any]) -> None:
    given, what, command, said = case
    site.start(applied="apply" not in command)
    if given == "terraform":
        monkeypatch.setattr(subprocess, "check_output", lambda *_: what)
    elif given == "configuration":
        site.configuration.write_text(what)
    elif isinstance(what, list):
        site.at(**{given: Refused(*what)})
    elif given:
        monkeypatch.setenv(given, what)
        monkeypatch.setattr(boto3, "client", site.real if given == "AWS_PROFILE" else boto3.client)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    before, run = site.snapshot(), site.run(*shlex.split(command))
    assert run.code == 2 and re.search(said, run.errors, re.DOTALL) and site.snapshot() == before
    assert run.errors.endswith("is deleted again.\n" if given in {"Publish", "POST"} else "Nothing was changed.\n")
    assert site.calls.count(given) in {0, 46 if re.search("AuthorizationError|KMS", str(what)) else 1}, "for 90 s"


@pytest.mark.parametrize(("options", "ca", "said"), TABLES["tls"])
def test_tls_says_its_own_reason(site: Site, monkeypatch: pytest.MonkeyPatch, options: Any, ca: str, said: str) -> None:
    monkeypatch.setattr(HTTPAdapter, "send", site.real_send)
    authority, given = trustme.CA(), {"names": ["localhost"], "plain": False} | options
    plain, issued = given.pop("plain"), authority.issue_cert(*given.pop("names"), **given)
    Path("own.pem").write_bytes(issued.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("own.pem")
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.socket = server.socket if plain else context.wrap_socket(server.socket, server_side=True)
        server.timeout, thread = 1, threading.Thread(target=server.handle_request)
        thread.start()
        ca = certifi.where() if ca == "public" else ca
        run = site.run("show", "--manager", f"https://localhost:{server.server_port}", "--ca-bundle", ca)
        thread.join()
    assert run.code == 2 and re.search(said, run.errors) and ("Name the CA" in run.errors) == (said == "Name the CA")


def test_the_managers_words_hide_secrets_and_controls(site: Site) -> None:
    site.at(POST=Refused(400, f"{API_KEY} secret/00000001+{'x' * 24} \x9b31m{'x' * 9999}"))
    run = site.run("apply", "--yes")
    assert run.code == 2 and "\x9b" not in run.errors and run.errors.count("(secret)") == 2
    assert API_KEY not in f"{run}" and "secret/" not in f"{run}" and len(run.errors) < 1000
    site.settings[f"{PREFIX}TopicArn"] = "\x1b[2J\x9b31m\u202e gone"
    assert not re.search("[\x1b\x9b\u202e]", site.run("show").output)


def test_it_says_what_differs_what_uses_each_key_and_that_nothing_is_ticked(site: Site) -> None:
    site.shows = lambda _, value: value or None
    run = site.run("show")
    assert run.code == 1 and "Publish events to SNS: false, should be true" in run.output
    assert f"Access key: (empty), should be a new key of {USER}" in run.output
    site.start()
    run = site.run("show")
    assert run.code == 0 and "PayloadLog" in run.output and "ticks nothing" not in run.output
    site.settings[f"{PREFIX}Enabled"] = "false"
    run = site.run("rotate", "--dry-run")
    assert run.code == 1 and re.findall("(.*): .*, should be", run.output) == ["Access key"], "what the command sets"
    site.start(applied=False)
    run = site.run("apply", "--yes", "--configuration=")
    assert run.code == 0 and "what is ticked in Deep Security's form; this command ticks nothing" in run.output
    assert f"{PREFIX}ConfigJson" not in site.written[0]


def test_json_is_one_object_and_terraform_says_what_is_wanted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"topic_arn": TOPIC, "publisher_user_name": USER, "deep_security_sns_configuration": configuration(TOPIC)}
    printed = json.dumps({name: {"sensitive": False, "value": value} for name, value in values.items()})
    monkeypatch.setattr(subprocess, "check_output", lambda _: printed)
    by_outputs = ("--output=json", "--terraform=stack", "--topic-arn=", "--user=", "--configuration=")
    run = site.run("apply", "--yes", *by_outputs)
    made = json.loads(run.output)
    assert (made["exit"], made["error"]) == (0, "") and "Done." in run.errors and site.works()
    assert made["should_be"][f"{PREFIX}Enabled"] == "true" and made["is"][f"{PREFIX}Enabled"] == "false"
    [key] = json.loads(site.run("show", *by_outputs).output)["access_keys"]
    assert key["AccessKeyId"] == site.has and key["way_on"] == "Deep Security has it."
    site.at(GET=Refused(500, "<html>"))
    assert json.loads(site.run("show", *by_outputs).output)["exit"] == 2


@pytest.mark.parametrize("path", ["", "/", "/api", "/api/"])
def test_apply_sets_all_in_one_call_with_a_key_that_has_published(site: Site, path: str) -> None:
    site.unknown, site.settings[f"{PREFIX}SecretKey"], site.header = 45, "the former secret", "authorization"
    to = ("--key-header", "authorization", "--manager", f"https://dsm.example.com:4119{path}")
    run = site.run("apply", "--yes", *to)
    [written], [kept], [published] = site.written, Path().glob("deep-security-*.json"), site.published
    assert run.code == 0 and site.works() and set(written) == set(site.settings)
    assert json.loads(published) == json.loads((ROOT / "tests" / "samples" / "TestSNS.json").read_text())
    assert json.loads(kept.read_text())["settings"][f"{PREFIX}Enabled"] == "false"
    assert not re.search("the former secret|secret/|2:vJC6", f"{run}{kept.read_text()}")
    site.settings[f"{PREFIX}Enabled"] = "FALSE"
    assert [site.run("apply", "--yes", *to).code for _ in range(2)] == [0, 0] and len(site.keys) == 1
    assert site.written[1:] == [{f"{PREFIX}Enabled": "true"}] and site.works()


@pytest.mark.parametrize("status", [["Active"], ["Inactive"], ["Active", "Active"]])
def test_the_one_way_on_is_said_before_a_key_is_made(site: Site, status: list[str]) -> None:
    others = [site.add(each) for each in status]
    runs = [site.run(*command, "--yes") for command in (["apply"], ["rotate"], ["rotate", "--finish"])]
    assert {run.code for run in runs} == {2} and runs[0].errors == runs[1].errors
    assert all(f"--access-key-id {key.id}" in run.output for key in others for run in runs)
    assert "Nothing was changed." in runs[0].errors and site.keys == others and not site.written
    site.keys.clear()
    assert "To make the first one: apply" in site.run("rotate", "--yes").errors and not site.keys


def test_apply_refuses_to_replace_another_topic(site: Site) -> None:
    site.start()
    site.settings[f"{PREFIX}ConfigJson"] = configuration(TOPIC, OTHER_TOPIC)
    run = site.run("apply", "--yes")
    assert run.code == 2 and OTHER_TOPIC in run.errors and "--replace" in run.errors and not site.written
    site.configuration.write_text(configuration(OTHER_TOPIC, TOPIC))
    assert site.run("apply", "--yes").code == 0, "a configuration with both topics loses none"
    site.configuration.write_text(configuration(TOPIC))
    assert site.run("apply", "--yes", "--replace").code == 0
    site.settings[f"{PREFIX}ConfigJson"] = configuration(OTHER_TOPIC)
    assert "Give one that has" in site.run("apply", "--yes", "--replace", "--configuration=").errors
    site.settings |= {f"{PREFIX}AdvancedConfigEnabled": "false", f"{PREFIX}TopicArn": OTHER_TOPIC}
    assert site.run("apply", "--yes").code == site.run("rotate", "--yes").code == 2


@pytest.mark.parametrize("command", ["apply", "rotate", "rotate --finish"])
def test_it_asks_and_a_dry_run_changes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    site.rotated() if "--finish" in command else site.start(applied="apply" not in command)
    before = site.snapshot()
    monkeypatch.delenv("DEEP_SECURITY_API_KEY")
    monkeypatch.setattr(deep_security, "getpass", lambda _: API_KEY)
    for answer, options, code in (("y\n", ["--dry-run"], 1), ("n\n", [], 2), ("", [], 2), ("y\n", [], 0)):
        assert site.snapshot() == before and not [*Path().glob("deep-security-*")]
        monkeypatch.setattr("sys.stdin", SimpleNamespace(readline=lambda answer=answer: answer, isatty=lambda: True))
        assert site.run(*command.split(), *options).code == code
    assert site.snapshot() != before and site.works()
    monkeypatch.setattr("sys.stdin", None)  # closed
    assert "Set DEEP_SECURITY_API_KEY" in site.run("show").errors


@pytest.mark.parametrize("case", TABLES["states"], ids=str)
def test_show_says_what_is_known_of_each_key(site: Site, case: list[Any]) -> None:
    shown, has, *keys = case
    site.start()
    site.keys = [site.add(status).age(hours, used) for hours, used, status, _ in keys]
    site.set(site.keys[has])
    site.shows = lambda name, value: "*" * 20 if name == "AccessKey" and shown == "masked" else value
    run = site.run("show")
    for key, (*_, said) in zip(site.keys, keys, strict=True):
        times = f"created {key.created:%F %R} UTC, last used {key.used:%F %R} by sns"
        assert re.search(f"{key.id} .*{times}.*{said}", run.output)
        assert shown == "shown" or f"--access-key-id {key.id}" not in run.output or "--status Active" in run.output


@pytest.mark.parametrize("asked", ["", "--yes"])
@pytest.mark.parametrize("command", ["apply", "rotate", "rotate --finish"])
def test_settings_changed_meanwhile_stay(site: Site, monkeypatch: pytest.MonkeyPatch, command: str, asked: str) -> None:
    site.rotated() if "--finish" in command else site.start(applied="apply" not in command)
    keys, other = site.snapshot()[0], {f"{PREFIX}ConfigJson": configuration(TOPIC, OTHER_TOPIC)}
    monkeypatch.setattr("sys.stdin", SimpleNamespace(readline=lambda: site.settings.__ior__(other) and "y"))
    site.at(**{"ListAccessKeys": lambda: site.settings.__ior__(other)} if asked else {})
    run = site.run(*f"{command} {asked}".split())
    assert run.code == 2 and "has other settings now" in run.errors
    assert not site.written and site.snapshot()[0] == keys and site.settings.items() >= other.items()


def test_finish_deactivates_then_deletes_the_former_key_and_test_needs_none(site: Site) -> None:
    site.start()
    site.configuration.write_text(configuration(TOPIC).replace("PayloadLog", "PacketLog"))
    assert site.run("apply", "--yes").code == 0 and site.run("rotate", "--yes").code == 0
    old, new = site.keys[0].age(1000, 1000), site.keys[1].age(9, 1)
    assert site.run("rotate", "--yes").code == 2, "not a third key"
    run = site.run("rotate", "--yes", "--finish")
    assert run.code == 0 and site.snapshot()[0] == {old.id: "Inactive", new.id: "Active"}
    assert [site.run("rotate", "--yes", "--finish").code for _ in range(2)] == [0, 0] and site.keys == [new]
    before, run = site.snapshot(), site.run("test")
    assert run.code == 0 and len(site.published) == 2 and site.snapshot() == before, "with a key of its own"
    assert {*site.calls} - {"GET", "POST", "Publish"} == {*re.findall(r'"iam:(\w+)"', PAGE)}, "permissions on the page"
    site.settings[f"{PREFIX}AccessKey"] = old.id  # from the file of the former settings: no command sets it
    assert [site.run(command, "--yes").code for command in ("apply", "rotate")] == [2, 2] and site.has == old.id


@pytest.mark.parametrize(("given", "service", "said"), TABLES["finish"])
def test_finish_wants_iams_evidence_or_force(site: Site, given: dict[str, float], service: str, said: str) -> None:
    old, new = site.rotated(**given)
    new.service, before = service, site.snapshot()
    run = site.run("rotate", "--yes", "--finish")
    assert run.code == 2 and said in run.output and "--force" in run.output and site.snapshot() == before
    assert site.run("rotate", "--yes", "--finish", "--force").code == 0 and site.works() and old.status == "Inactive"


def test_hand_over_has_all_values_in_the_order_of_the_form(site: Site) -> None:
    form = ["Publish Events", "Access Key", "Secret Key", TOPIC, "Test credentials", "Edit JSON", "```json", "**Save"]
    page = site.run("hand-over").output
    assert form == sorted(form, key=page.index) and USER in page
    assert json.loads(page.partition("```json\n")[2].partition("```")[0])
    assert "```json" not in (page := site.run("hand-over", "--configuration=").output) and "Tick the types" in page


def test_first_use(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("show", "apply", "rotate", "test", "hand-over"):
        with pytest.raises(SystemExit, match="0"):
            deep_security.main([command, "--help"])
        assert capsys.readouterr().out.startswith(f"usage: uv run tools/deep_security.py {command} ")
    pages = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    commands = re.findall(r"^uv run tools/deep_security\.py (.*?)(?: >.*)?$", pages, re.MULTILINE)
    options = [deep_security._parser().parse_args(shlex.split(line)) for line in commands]
    assert len(options) >= 5 and {each.terraform for each in options} == {"examples/single-account"}
    source = SCRIPT.read_text()
    dependencies = re.findall(r'"(\w+)>', source.partition("# dependencies = ")[2].partition("\n")[0])
    modules = {*re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)} - sys.stdlib_module_names
    assert modules == {"botocore", *dependencies}, "botocore comes with boto3"


@pytest.mark.parametrize("code", [0, 1, 2])
def test_make_passes_the_exit_status_on(tmp_path: Path, code: int) -> None:
    (tmp_path / "uv").write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    (tmp_path / "uv").chmod(0o755)
    own, command = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}, ["make", "deep-security", "ARGS=show --manager m"]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (code, "run tools/deep_security.py show --manager m\n")


@pytest.mark.parametrize("stop", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_stopped_while_iam_hangs(stop: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        own = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        own |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
        command = [sys.executable, "-X", "dev", str(SCRIPT), "test", "--topic-arn", TOPIC, "--user", USER]
        process = subprocess.Popen(command, env=os.environ | own, stderr=subprocess.PIPE, text=True)
        with process, silent.accept()[0]:
            process.send_signal(stop)
            _, errors = process.communicate(timeout=10)  # not the 20 s of a read
    assert process.returncode == 128 + stop
    assert errors.startswith(f"KeyboardInterrupt {stop.name}\nIAM may have made an access key of {USER}")
