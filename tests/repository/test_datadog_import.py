"""examples/datadog/import.py, by the commands of its README, against a fake of Datadog's API."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.datadog_api import API_KEY, APP_KEY, DASHBOARDS, MONITORS, PIPELINES, Api, running

ROOT = Path(__file__).parents[2]
HERE = ROOT / "examples" / "datadog"
COMMANDS = re.findall(r"^python3 examples/datadog/import\.py.*$", (HERE / "README.md").read_text(), re.MULTILINE)
PLAIN, DRY_RUN, EVERYTHING = COMMANDS
KEYS = {"DD_API_KEY": API_KEY, "DD_APP_KEY": APP_KEY}


@pytest.fixture
def api() -> Iterator[Api]:
    with running() as api:
        yield api


def run(api: Api, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As a user does, from the root of the repository; `python3` is the one of these tests."""
    done = subprocess.run(
        ["bash", "-c", f'python3() {{ "{sys.executable}" "$@"; }}; {command}'],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "*", "DD_API_URL": api.url, **KEYS, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not [key for key in KEYS.values() if key in done.stdout + done.stderr]
    assert "Traceback" not in done.stderr
    return done


def groups(api: Api) -> list[str]:
    (board,) = (each for each in api.objects[DASHBOARDS].values() if each["title"] == "Deep Security events")
    return [widget["definition"]["title"] for widget in board["widgets"]]


def test_documented_commands() -> None:
    assert PLAIN == "python3 examples/datadog/import.py --site datadoghq.com"
    assert "--dry-run" in DRY_RUN and "--logs" in EVERYTHING and "--notify @" in EVERYTHING


def test_creates_then_updates(api: Api) -> None:
    first = run(api, PLAIN)
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    assert len(lines) == 6 and all(line.startswith("created ") for line in lines)
    assert lines[0].endswith("https://app.datadoghq.com/dashboard/id-1000/deep-security")
    assert lines[1].endswith("https://app.datadoghq.com/monitors/1001")
    assert groups(api) == ["Events", "Forwarder"] and not api.objects[PIPELINES]

    before = copy.deepcopy(api.objects)
    second = run(api, PLAIN)
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout.replace("created ", "updated ")
    assert api.objects == before and api.writes() == ["POST"] * 6 + ["PUT"] * 6


def test_an_update_restores_what_was_changed_and_finds_a_renamed_monitor(api: Api) -> None:
    run(api, PLAIN)
    before = copy.deepcopy(api.objects)
    for monitor in api.objects[MONITORS].values():
        monitor.update(name="renamed", query="other")
    assert run(api, PLAIN).returncode == 0
    assert api.objects == before


def test_logs_and_handles(api: Api) -> None:
    assert run(api, PLAIN).returncode == 0
    done = run(api, EVERYTHING)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["updated"] * 6 + ["created"]
    assert groups(api) == ["Events", "Forwarder", "Logs"] and len(api.objects[PIPELINES]) == 1
    assert all(each["message"].endswith("\n\n@slack-security") for each in api.objects[MONITORS].values())
    assert run(api, EVERYTHING).stdout.count("updated ") == 7 and len(api.objects[PIPELINES]) == 1


def test_a_dry_run_changes_nothing(api: Api) -> None:
    done = run(api, DRY_RUN)
    assert done.returncode == 0 and done.stdout.count("would create ") == 6
    assert api.writes() == []
    run(api, PLAIN)
    assert run(api, DRY_RUN).stdout.count("would update ") == 6


def test_dashboards_of_others_are_left_alone(api: Api) -> None:
    ours = json.loads((HERE / "dashboard.json").read_text())
    foreign = [api.add(DASHBOARDS, {**ours, "description": text}) for text in ("mine", None)]
    for number in range(150):
        api.add(DASHBOARDS, {**ours, "title": f"other {number}"})
    own = api.add(DASHBOARDS, {**ours, "widgets": []})
    before = copy.deepcopy(foreign)
    done = run(api, PLAIN)
    assert done.returncode == 0 and done.stdout.startswith("updated dashboard:")
    assert foreign == before and own["widgets"]


def test_two_of_a_kind_are_refused_before_anything_changes(api: Api) -> None:
    monitor = json.loads((HERE / "monitors" / "critical-event.json").read_text())
    for _ in range(2):
        api.add(MONITORS, dict(monitor))
    done = run(api, PLAIN)
    assert done.returncode == 1 and api.writes() == []
    assert "more than one monitor" in done.stderr and "1000, 1001" in done.stderr


@pytest.mark.parametrize("name", KEYS)
def test_a_wrong_key(api: Api, name: str) -> None:
    done = run(api, PLAIN, **{name: "wrong"})
    assert done.returncode == 1 and done.stdout == "" and api.writes() == []
    assert "HTTP 403. Check that both keys belong to this site" in done.stderr


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize(("value", "message"), [("", "is not set"), ("a\nb", "holds characters that no key has")])
def test_no_usable_key(api: Api, name: str, value: str, message: str) -> None:
    done = run(api, PLAIN, **{name: value})
    assert done.returncode == 1 and f"{name} {message}" in done.stderr
    assert api.requests == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, {"errors": ["Unauthorized"]}, {}), "HTTP 401. Check that both keys"),
        ((403, "<html>Forbidden</html>", {}), "HTTP 403. Check that both keys"),
        ((429, {"errors": ["Too many"]}, {"X-RateLimit-Reset": "7"}), "Run this again in 7 s"),
        ((429, "", {}), "Run this again in 60 s"),
        ((400, {"errors": ["The query is wrong", "so is the title"]}, {}), "The query is wrong; so is the title"),
        ((500, "<html>", {}), "HTTP 500."),
        ((302, "", {"Location": "https://elsewhere.example/"}), "HTTP 302."),
        ((200, "<html>", {}), "something else than JSON"),
    ],
)
def test_other_answers(api: Api, answer: tuple[int, object, dict[str, str]], message: str) -> None:
    api.refuse_changes = answer
    done = run(api, PLAIN)
    assert done.returncode == 1 and message in done.stderr
    assert api.writes() == ["POST"]


def test_nobody_answers(api: Api) -> None:
    done = run(api, PLAIN, DD_API_URL="http://127.0.0.1:9")
    assert done.returncode == 1 and "no answer from http://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize("url", ["http://api.example", "ftp://127.0.0.1", "http://127.0.0.1.example"])
def test_keys_go_encrypted(api: Api, url: str) -> None:
    done = run(api, PLAIN, DD_API_URL=url)
    assert done.returncode == 1 and "must begin with https://" in done.stderr


@pytest.mark.parametrize(
    "arguments", ["--site https://datadoghq.com", "--site app.datadoghq.com", "--site x", "--notify slack"]
)
def test_wrong_arguments(api: Api, arguments: str) -> None:
    done = run(api, f"python3 examples/datadog/import.py {arguments}")
    assert done.returncode == 2 and arguments.split()[1] in done.stderr and api.requests == []


def test_help(api: Api) -> None:
    done = run(api, "python3 examples/datadog/import.py --help", DD_API_KEY="", DD_APP_KEY="")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("DD_API_KEY", "DD_APP_KEY", "DD_API_URL", "--dry-run", "--logs"))


def test_pages_of_other_sites(api: Api) -> None:
    done = run(api, "python3 examples/datadog/import.py --site us3.datadoghq.com")
    assert " https://us3.datadoghq.com/dashboard/" in done.stdout
