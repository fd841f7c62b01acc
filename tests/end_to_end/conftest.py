"""One emulator and applied copies of the examples serve all end-to-end tests.

Applying takes a minute or more. Terraform works on copies of the tree, so nothing lands in this one. Each copy sends
to a fake Datadog of its own.
"""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.moves import Taken, take_steps
from tests.end_to_end.traffic import (
    CHAIN_DELAY_SECONDS,
    Blip,
    blip,
    messages,
    one_event_per_invocation,
    shorten_delays,
)
from tools import fake_datadog, samples
from tools.emulator import ACCOUNT, REGION, Emulator, emulator
from tools.fake_datadog import FakeDatadog
from tools.repository import ROOT
from tools.terraform import Terraform, copy_modules

ARRIVE_SECONDS = 30
EXAMPLE = "examples/single-account"
FAULTS = "tests/end_to_end/faults"
MOVED = "tests/end_to_end/moved"
# One more than needed: an invocation that stalls may get a second event through.
CHAIN_EVENTS = 23
# The destinations that test_destinations.py looks at, each with a filter of its own.
BOTH = """{
  events = { filter = { minimum_severity = "high", fold_repeats = true } }
  logs   = { filter = { exclude = [{ Title = "* only for events" }] } }
}"""
# By the profiles that the examples name by default.
ACCOUNTS = {"security": "999900001111", "production": "444455556666", "staging": "777788889999"}
ONE_TOPIC_ACCOUNTS = {"security": "222233334444", "production": "333344445555", "staging": "666677778888"}
# The emulator leaves out fields of alarms, so a second plan wants to set them again there, and there only.
INCOMPLETE_ON_THE_EMULATOR = "aws_cloudwatch_metric_alarm"


@dataclass
class Copy:
    """An applied copy of the example, and the Datadog organization it sends to."""

    aws: Emulator
    datadog: FakeDatadog
    terraform: Terraform
    api_key: str
    account: str = ACCOUNT
    region: str = REGION
    outputs: dict[str, Any] = field(default_factory=dict)

    def publish(self, *messages: samples.Message) -> None:
        for message in messages:
            samples.publish(self.aws.client("sns"), self.outputs["topic_arn"], message)

    def received(self, count: int) -> list[dict[str, Any]]:
        """The events in Datadog once there are `count`; a little later, so that one too many is seen."""
        assert self.datadog.wait(lambda: len(self.datadog.events) >= count, ARRIVE_SECONDS), self.story(count)
        time.sleep(0.5)
        assert len(self.datadog.events) == count, self.story(count)
        return list(self.datadog.events)

    def changes(self) -> list[str]:
        """What a further plan would change: addresses of resources and names of outputs."""
        plan = self.terraform.plan()
        changed = [change["address"] for change in plan["resource_changes"] if change["change"]["actions"] != ["no-op"]]
        outputs = [name for name, change in plan.get("output_changes", {}).items() if change["actions"] != ["no-op"]]
        return [address for address in changed if INCOMPLETE_ON_THE_EMULATOR not in address] + outputs

    def story(self, count: int) -> str:
        log = "\n".join(self.aws.function_log(self.outputs["function_name"], self.account, self.region)[-30:])
        return f"{len(self.datadog.events)} of {count} events, answers {self.datadog.answers}\n{log}"


@dataclass
class Stack:
    """What is applied: each example, once more with direct delivery, and the copies for faults, a chain and moves."""

    aws: Emulator
    queue: Copy
    direct: Copy
    faults: Copy
    both: Copy
    accounts: Copy
    one_topic: Copy
    chain: Copy
    moved: Copy

    @property
    def copies(self) -> tuple[Copy, Copy]:
        return self.queue, self.direct

    @property
    def all(self) -> tuple[Copy, ...]:
        return (
            self.queue,
            self.direct,
            self.faults,
            self.both,
            self.accounts,
            self.one_topic,
            self.chain,
            self.moved,
        )


@dataclass
class Demo:
    """A finished run of the demo with its own folder for temporary files."""

    code: int
    output: str
    folder: Path


@dataclass
class Parallel:
    """What runs at once. The chain and the moves go on beside the first tests."""

    stack: Stack
    demo: Demo
    chain: samples.Message
    moves: Future[dict[str, Taken]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that take the stack down come last, before them those of faults, wherever they are written.

    Faults are a matter of seconds, and the other checks, which `make test` runs beside these, are done by then. So is
    the chain.
    """

    def place(item: pytest.Item) -> tuple[bool, bool]:
        late = {"faults", "both", "chain", "after_blip"}
        return item.get_closest_marker("destroys") is not None, not late.isdisjoint(item.fixturenames)

    items.sort(key=place)


@pytest.fixture(scope="session")
def _parallel(tmp_path_factory) -> Iterator[Parallel]:
    # The provider mostly waits for queue attributes to settle, so all of it fits into the time of the slowest.
    with ExitStack() as stack:
        aws = stack.enter_context(emulator())
        queue = _copy(stack, aws, tmp_path_factory.mktemp("queue"))
        direct = _copy(stack, aws, tmp_path_factory.mktemp("direct"), name="second", delivery="direct")
        faults = _copy(stack, aws, tmp_path_factory.mktemp("faults"), root=FAULTS)
        both = _copy(stack, aws, tmp_path_factory.mktemp("both"), root=FAULTS, name="both", destinations=BOTH)
        accounts = _copy_of_accounts(
            stack, aws, tmp_path_factory.mktemp("accounts"), "examples/multi-account", ACCOUNTS
        )
        one_topic = _copy_of_accounts(
            stack, aws, tmp_path_factory.mktemp("one-topic"), "examples/one-topic", ONE_TOPIC_ACCOUNTS
        )
        chain = _copy(stack, aws, tmp_path_factory.mktemp("chain"), root=FAULTS, name="chain")
        moved = _copy(stack, aws, tmp_path_factory.mktemp("moved"), root=MOVED)
        applied = Stack(aws, queue, direct, faults, both, accounts, one_topic, chain, moved)
        pool = stack.enter_context(ThreadPoolExecutor(len(applied.all) + 1))
        chain_message = pool.submit(_start_chain, chain)
        moves = pool.submit(_move, moved)
        demo = pool.submit(_run_demo, tmp_path_factory.mktemp("demo"))
        for future in [pool.submit(_apply, copy) for copy in applied.all if copy not in (chain, moved)]:
            future.result()
        yield Parallel(applied, demo.result(), chain_message.result(), moves)


@pytest.fixture(scope="session")
def stack(_parallel) -> Stack:
    return _parallel.stack


@pytest.fixture(scope="session")
def demo(_parallel) -> Demo:
    return _parallel.demo


@pytest.fixture(scope="session")
def moves(_parallel) -> dict[str, Taken]:
    """What became of each step of moves.py."""
    return _parallel.moves.result()


@pytest.fixture(scope="session")
def chain(_parallel) -> tuple[Copy, samples.Message]:
    """A copy that gets one event of each invocation through, and the message that it works on since it was applied."""
    return _parallel.stack.chain, _parallel.chain


@pytest.fixture(scope="session")
def _blip(stack) -> Iterator[Future[Blip]]:
    """Goes on beside the tests of faults, when no other test looks at the example."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(blip, stack.queue)


@pytest.fixture
def after_blip(_blip) -> Blip:
    """What became of a blip of Datadog with the module's default settings."""
    return _blip.result()


@pytest.fixture
def queue(stack) -> Copy:
    """Queue delivery, with nothing received yet and no fault injected."""
    stack.queue.datadog.clear()
    return stack.queue


@pytest.fixture
def direct(stack) -> Copy:
    """Direct delivery, with nothing received yet and no fault injected."""
    stack.direct.datadog.clear()
    return stack.direct


@pytest.fixture
def faults(stack, _blip) -> Copy:
    """Queue delivery with short timeouts, with nothing received yet and no fault injected."""
    stack.faults.datadog.clear()
    return stack.faults


@pytest.fixture
def both(stack) -> Copy:
    """Both destinations, with nothing received yet and no fault injected."""
    stack.both.datadog.clear()
    return stack.both


@pytest.fixture
def accounts(stack) -> Copy:
    """Three accounts in two regions, with nothing received yet."""
    stack.accounts.datadog.clear()
    return stack.accounts


@pytest.fixture
def one_topic(stack) -> Copy:
    """One topic in a security account and publishers in two others, with nothing received yet."""
    stack.one_topic.datadog.clear()
    return stack.one_topic


def _copy_of_accounts(stack: ExitStack, aws: Emulator, folder: Path, root: str, accounts: Mapping[str, str]) -> Copy:
    profiles = folder / "credentials"
    profiles.write_text(
        "".join(f"[{name}]\naws_access_key_id={key}\naws_secret_access_key=unused\n" for name, key in accounts.items())
    )
    copy = _copy(stack, aws, folder, root, {"AWS_SHARED_CREDENTIALS_FILE": str(profiles)})
    copy.account, copy.region = accounts["security"], "eu-central-1"
    return copy


def _copy(
    stack: ExitStack,
    aws: Emulator,
    folder: Path,
    root: str = EXAMPLE,
    settings: Mapping[str, str] | None = None,
    **variables: str,
) -> Copy:
    api_key = uuid.uuid4().hex
    datadog = stack.enter_context(fake_datadog.running([api_key]))
    environment = {f"TF_VAR_{name}": value for name, value in variables.items()} | {
        "TF_VAR_datadog_api_key": api_key,
        "TF_VAR_datadog_api_url": datadog.url,
    }
    environment = aws.environment() | environment | dict(settings or {})
    return Copy(aws, datadog, Terraform(copy_modules(folder) / root, environment, print), api_key)


def _apply(copy: Copy) -> None:
    copy.terraform.init()
    copy.terraform.apply()
    copy.outputs = copy.terraform.output()


def _start_chain(copy: Copy) -> samples.Message:
    _apply(copy)
    shorten_delays(copy, CHAIN_DELAY_SECONDS)
    copy.datadog.faults.append(one_event_per_invocation())
    [message] = messages(1, CHAIN_EVENTS)
    copy.publish(message)
    return message


def _move(copy: Copy) -> dict[str, Taken]:
    _apply(copy)
    return take_steps(copy)


def _run_demo(folder: Path) -> Demo:
    run = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--verbose"],
        check=False,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    return Demo(run.returncode, run.stdout + run.stderr, folder)
