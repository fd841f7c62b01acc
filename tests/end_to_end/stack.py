"""AWS on this machine with everything applied that the end-to-end tests look at, as a process that they share.

    python -m tests.end_to_end.stack up|down|serve

`up` starts it in the background and returns when all is applied; `serve` is that process. What is applied stands in
`stack.json` in the folder that the environment's STACK names. The fake Datadogs are no part of it: each test brings
that of its copy, at the port that the copy sends to.
"""

import contextlib
import fcntl
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests import plans
from tools import samples
from tools.emulator import ACCOUNT, REGION, Emulator, emulator, free_ports
from tools.fake_datadog import FakeDatadog
from tools.repository import ROOT
from tools.terraform import Terraform, copy_modules

# For what a busy machine does late; only a failure takes that long.
PATIENCE_SECONDS = 180
START_SECONDS = 540
# The destinations that test_destinations.py looks at, each with a filter of its own.
DESTINATIONS = {
    "events": {"filter": {"minimum_severity": "high", "fold_repeats": True}},
    "logs": {"filter": {"exclude": [{"Title": "* only for events"}]}},
}
# Stays in the memory of a function after a test of rotation, so each Datadog knows it.
ROTATED_KEY = "f" * 32
# Of these kinds there are several, so that tests run beside each other. Each costs five seconds: the provider creates
# the functions of a root one after the other.
FAULTS, BOTH = ("faults0", "faults1", "faults2"), ("both0", "both1")
COPIES: dict[str, dict[str, Any]] = {
    "direct": {"delivery": "direct", "destinations": {"events": {}}},
    "defaults": {"destinations": {"events": {}}},
    **{name: {"destinations": {"events": {}}, "timeout": 8} for name in FAULTS},
    **{name: {"destinations": DESTINATIONS, "timeout": 8} for name in BOTH},
}
# By the profiles that the examples name by default.
ACCOUNTS = {"security": "999900001111", "production": "444455556666", "staging": "777788889999"}
ONE_TOPIC_ACCOUNTS = {"security": "222233334444", "production": "333344445555", "staging": "666677778888"}
# The emulator leaves out fields of alarms, so a second plan wants to set them again there, and there only.
INCOMPLETE_ON_THE_EMULATOR = "aws_cloudwatch_metric_alarm"


@dataclass
class Copy:
    """A forwarder that is applied, and the Datadog organization that it sends to."""

    aws: Emulator
    datadog: FakeDatadog
    terraform: Terraform
    api_key: str
    account: str = ACCOUNT
    region: str = REGION
    outputs: dict[str, Any] = field(default_factory=dict)
    # Of a plan: other copies of the same configuration are changed by their tests.
    targets: tuple[str, ...] = ()

    def client(self, service: str) -> Any:
        return self.aws.client(service, self.account, self.region)

    def publish(self, *messages: samples.Message) -> None:
        for message in messages:
            samples.publish(self.client("sns"), self.outputs["topic_arn"], message)

    def received(self, count: int) -> list[dict[str, Any]]:
        """The events in Datadog once there are `count`; a little later, so that one too many is seen."""
        assert self.datadog.wait(lambda: len(self.datadog.events) >= count, PATIENCE_SECONDS), self.story(count)
        time.sleep(0.5)
        assert len(self.datadog.events) == count, self.story(count)
        return list(self.datadog.events)

    def changes(self, *arguments: str) -> dict[str, str]:
        """What a further plan would do, by the addresses of resources and the names of outputs."""
        changed = plans.changes(self.terraform, *self.targets, *arguments)
        return {name: action for name, action in changed.items() if INCOMPLETE_ON_THE_EMULATOR not in name}

    def story(self, count: int) -> str:
        log = "\n".join(self.aws.function_log(self.outputs["function_name"], self.account, self.region)[-30:])
        return f"{len(self.datadog.events)} of {count} events, answers {self.datadog.answers}\n{log}"


class Stack:
    """What is applied, as seen from a test's process."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.aws = Emulator(state["port"], Path(state["folder"]))
        self.roots = {
            name: Terraform(Path(root["folder"]), root["environment"]) for name, root in state["roots"].items()
        }
        self._copies = {name: self._copy(name, copy) for name, copy in state["copies"].items()}

    def _copy(self, name: str, state: Mapping[str, Any]) -> Copy:
        datadog = FakeDatadog([state["api_key"]], state["port"])
        place = {name: state[name] for name in ("api_key", "account", "region", "outputs")}
        targets = (f'-target=module.copies["{name}"]',) if name in COPIES else ()
        return Copy(self.aws, datadog, self.roots[state["root"]], targets=targets, **place)

    @contextlib.contextmanager
    def copy(self, *names: str) -> Iterator[Copy]:
        """Whichever of these copies no other test has, its Datadog in this process, with nothing received yet."""
        with self._free(names) as name:
            copy = self._copies[name]
            copy.datadog.clear()
            copy.datadog.keys = {copy.api_key, ROTATED_KEY}
            copy.datadog.up()
            try:
                yield copy
            finally:
                copy.datadog.down()

    @staticmethod
    @contextlib.contextmanager
    def _free(names: Sequence[str]) -> Iterator[str]:
        for name in itertools.cycle(names):
            with (folder() / f"{name}.lock").open("w") as file:
                if _locked(file):
                    yield name
                    return
            time.sleep(0.1)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def folder() -> Path:
    return Path(os.environ.get("STACK") or ROOT / "build" / "stack")


def load() -> Stack:
    """The stack that STACK names as soon as it is there, or the one of `make stack`."""
    state, failed = folder() / "stack.json", folder() / "failed"
    deadline = time.monotonic() + START_SECONDS
    while "STACK" in os.environ and not state.exists() and time.monotonic() < deadline:
        if failed.exists():
            raise RuntimeError(failed.read_text(encoding="utf-8"))
        time.sleep(0.2)
    if not state.exists():
        raise RuntimeError(f"There is no stack in {folder()}: run `make stack` first, or `make e2e` for all tests.")
    return Stack(json.loads(state.read_text(encoding="utf-8")))


def serve(target: Path) -> None:
    """Start the emulator, apply everything, say so, and wait to be ended; then nothing is left."""
    with ExitStack() as stack:
        aws = stack.enter_context(emulator())
        ports = free_ports()
        root_of = {copy: root for root in ROOTS for copy in (COPIES if root == "copies" else [root])}
        keys = {copy: uuid.uuid4().hex for copy in root_of}
        urls = {name: f"http://127.0.0.1:{next(ports)}" for name in keys}
        roots = {name: _root(target / name, name, aws, keys, urls) for name in ROOTS}
        with ThreadPoolExecutor() as pool:
            applied = dict(zip(ROOTS, pool.map(_apply, roots.values()), strict=True))
        outputs = {copy: applied[root].get("copies", {}).get(copy, applied[root]) for copy, root in root_of.items()}
        for name in ("example", "accounts", "one_topic"):
            aws.store(outputs[name]["secret_arn"], keys[name], **_place(name))
        copies = {copy: _described(root, keys[copy], urls[copy], outputs[copy]) for copy, root in root_of.items()}
        described = {
            name: {"folder": str(root.folder), "environment": root.environment} for name, root in roots.items()
        }
        state = {"port": aws.port, "folder": str(aws.folder), "roots": described, "copies": copies, "pid": os.getpid()}
        (target / "writing").write_text(json.dumps(state), encoding="utf-8")
        (target / "writing").rename(target / "stack.json")
        signal.pause()


# By root: where it is, and the accounts of its profiles.
ROOTS: dict[str, tuple[str, dict[str, str]]] = {
    "copies": ("tests/end_to_end/copies", {}),
    "example": ("examples/single-account", {}),
    "accounts": ("examples/multi-account", ACCOUNTS),
    "one_topic": ("examples/one-topic", ONE_TOPIC_ACCOUNTS),
}


def _root(target: Path, name: str, aws: Emulator, keys: Mapping[str, str], urls: Mapping[str, str]) -> Terraform:
    path, accounts = ROOTS[name]
    environment = aws.environment()
    if name == "copies":
        copies = {
            each: copy | {"destinations": json.dumps(_to(urls[each], copy["destinations"]))}
            for each, copy in COPIES.items()
        }
        own_keys = {each: keys[each] for each in copies}
        variables = {"copies": json.dumps(copies), "datadog_api_keys": json.dumps(own_keys)}
    else:
        variables = {"datadog_api_url": urls[name]}
    if accounts:
        profiles = target / "credentials"
        target.mkdir(parents=True)
        profiles.write_text(
            "".join(
                f"[{each}]\naws_access_key_id={key}\naws_secret_access_key=unused\n" for each, key in accounts.items()
            )
        )
        environment["AWS_SHARED_CREDENTIALS_FILE"] = str(profiles)
    environment |= {f"TF_VAR_{each}": value for each, value in variables.items()}
    return Terraform(copy_modules(target) / path, environment, print)


def _to(url: str, destinations: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options | {"url": url} for name, options in destinations.items()}


def _apply(terraform: Terraform) -> dict[str, Any]:
    terraform.init()
    # The provider mostly waits for queue attributes to settle.
    terraform.apply("-parallelism=100")
    return terraform.output()


def _described(root: str, key: str, url: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"root": root, "port": int(url.rpartition(":")[2]), "api_key": key, "outputs": outputs, **_place(root)}


def _place(root: str) -> dict[str, str]:
    """Account and region of the forwarder."""
    _, accounts = ROOTS[root]
    if accounts:
        return {"account": accounts["security"], "region": "eu-central-1"}
    return {"account": ACCOUNT, "region": REGION}


def up() -> int:
    if (folder() / "stack.json").exists():
        print("There is a stack already; `make stack-down` removes it.")
        return 1
    shutil.rmtree(folder(), ignore_errors=True)
    folder().mkdir(parents=True)
    environment = os.environ | {"STACK": str(folder())}
    with (folder() / "log").open("w") as log:
        command = [sys.executable, "-m", "tests.end_to_end.stack", "serve"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    while process.poll() is None and not (folder() / "stack.json").exists():
        time.sleep(0.2)
    if process.poll() is not None:
        print((folder() / "log").read_text(encoding="utf-8")[-5000:])
        return 1
    print('The stack is up. Run tests with `make e2e ARGS="-k name"`, remove it with `make stack-down`.')
    return 0


def down() -> int:
    state = folder() / "stack.json"
    if not state.exists():
        print("There is no stack.")
        return 0
    pid = json.loads(state.read_text(encoding="utf-8"))["pid"]
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while True:
            os.kill(pid, 0)
            time.sleep(0.1)
    shutil.rmtree(folder(), ignore_errors=True)
    return 0


def _main(arguments: list[str]) -> int:
    if arguments == ["up"]:
        return up()
    if arguments == ["down"]:
        return down()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(folder())
    except Exception as error:
        (folder() / "failed").write_text(str(error), encoding="utf-8")
        raise
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
