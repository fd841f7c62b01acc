"""Which copy of the stack a test gets. A copy has one Datadog, so no two tests have it at the same time."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.end_to_end import stack as stacks
from tests.end_to_end.stack import BOTH, FAULTS, Copy, Stack
from tools.terraform import find_terraform

# The longest first; what needs no stack runs while it is applied. A worker is given two at a time, so behind the first
# stands a short one.
FIRST = (
    "test_shows_every_sample",
    "test_nothing_left_when_ended",
    "test_an_outage",
    "test_a_chain_of",
    "test_samples_are",
    "test_operating",
    "test_multi_account",
    "test_the_example_complies",
    "test_one_topic",
    "test_killed_in_mid_batch",
    "test_what_hangs_on_it_follows",
    "test_second_plan",
)


# xdist is not typed.
class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    """Any worker takes any test, but one takes all of a file whose tests have the same copy, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(("multi_account.py", "one_topic.py", "operating.py")) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler:
    return Scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((place for place, name in enumerate(FIRST) if name in item.nodeid), len(FIRST)))


@pytest.fixture(scope="session")
def stack() -> Stack:
    return stacks.load()


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


def _copy(*names: str) -> Any:
    def copy(stack: Stack) -> Iterator[Copy]:
        with stack.copy(*names) as found:
            yield found

    return pytest.fixture(copy)


# The example as it is: queue delivery. A test that has another copy too takes this one first.
queue = _copy("example")
direct = _copy("direct")
# Queue delivery with the module's default settings.
defaults = _copy("defaults", "example")
# Queue delivery with short timeouts.
faults = _copy(*FAULTS)
# Both destinations, each with a filter, with short timeouts.
both = _copy(*BOTH)
# Three accounts in two regions.
accounts = _copy("accounts")
# One topic in a security account and publishers in two others.
one_topic = _copy("one_topic")
