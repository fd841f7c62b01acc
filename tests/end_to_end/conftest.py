"""Which copy of the stack a test gets, and which tests run beside each other.

A copy has one Datadog, so tests that share a copy run in one worker. Tests of faults have a copy for each worker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.end_to_end import stack as stacks
from tests.end_to_end.moves import Taken, take_steps
from tests.end_to_end.stack import Copy, Stack
from tests.end_to_end.traffic import Blip, blip
from tools.repository import ROOT
from tools.terraform import find_terraform

# Each test by itself: faults have a copy for each worker, what ends the demo and what applies the README need none.
ALONE = (
    "test_faults.py",
    "test_destinations.py",
    "test_hostile_messages.py",
    "test_nothing_left_when_ended",
    "test_readme.py",
)
# These make something once for all their tests.
TOGETHER = ("test_moves.py", "test_demo.py")
# The longest first. What needs no stack runs while it is applied.
FIRST = (
    "test_a_chain_of",
    "test_moves.py",
    "test_readme.py",
    "test_down_for_a_minute",
    "test_a_blip",
    "test_nothing_left_when_ended",
    "test_compliance.py",
    "test_killed_in_mid_batch",
    "test_20000_events",
)


@dataclass
class Demo:
    """A finished run of the demo with its own folder for temporary files."""

    code: int
    output: str
    folder: Path


# xdist is not typed.
class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    """Gives workers whole groups of tests, so that no two workers have the same copy, nor make the same thing twice."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].rpartition("/")[2]
        if file in ALONE or any(name in nodeid for name in ALONE):
            return nodeid
        return file if file in TOGETHER else "copies that are shared"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler:
    return Scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("destroys"):
        return len(FIRST) + 1
    return next((number for number, name in enumerate(FIRST) if name in item.nodeid), len(FIRST))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    found = stacks.load()
    yield found
    found.close()


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Shorter than pytest's own: the path of a provider's socket may have about a hundred characters."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def commands(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with the commands of the documentation."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "terraform").symlink_to(find_terraform())
    # Version 1 of the AWS CLI, which PyPI has, does not take the endpoint of SQS from the environment, nor AWS_REGION.
    aws = folder / "aws"
    cli = Path(sys.executable).with_name("aws")
    aws.write_text(f'#!/bin/sh\nexec "{cli}" --endpoint-url "$AWS_ENDPOINT_URL" --region "$AWS_REGION" "$@"\n')
    aws.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def _own(name: str) -> str:
    return name + os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")


@pytest.fixture
def faults(stack: Stack) -> Copy:
    """Queue delivery with short timeouts."""
    return stack.copy(_own("faults"))


@pytest.fixture
def both(stack: Stack) -> Copy:
    """Both destinations, each with a filter, with short timeouts."""
    return stack.copy(_own("both"))


@pytest.fixture
def chain(stack: Stack) -> Copy:
    """Queue delivery with short timeouts."""
    return stack.copy("chain")


@pytest.fixture(scope="session")
def after_blip(stack: Stack) -> Blip:
    """What became of a blip of Datadog with the module's default settings."""
    return blip(stack.copy("blip"))


@pytest.fixture(scope="session")
def moves(stack: Stack) -> dict[str, Taken]:
    """What became of each step of moves.py."""
    return take_steps(stack.copy("moved"))


@pytest.fixture
def queue(stack: Stack) -> Copy:
    """The example as it is: queue delivery."""
    return stack.copy("example")


@pytest.fixture
def direct(stack: Stack) -> Copy:
    """Direct delivery."""
    return stack.copy("direct")


@pytest.fixture
def accounts(stack: Stack) -> Copy:
    """Three accounts in two regions."""
    return stack.copy("accounts")


@pytest.fixture
def one_topic(stack: Stack) -> Copy:
    """One topic in a security account and publishers in two others."""
    return stack.copy("one_topic")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    destinations = '{"events": {"filter": {"minimum_severity": "high"}}, "logs": {}}'
    run = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--destinations", destinations],
        check=False,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT / "lambda" / "src")},
        capture_output=True,
        text=True,
        timeout=280,
    )
    return Demo(run.returncode, run.stdout + run.stderr, folder)
