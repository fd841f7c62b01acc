"""The commands of docs/operating.md and docs/planned-work.md, run as they are written there."""

import io
import json
import re
import stat
import subprocess
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.end_to_end.stack import PATIENCE_SECONDS, ROTATED_KEY, Copy
from tests.end_to_end.traffic import waiting
from tests.repository import pages
from tests.support import sns_record
from tools import samples
from tools.fake_datadog.faults import always, respond
from tools.repository import ROOT

# Runs a block, with this on its standard input; the result is what it printed.
Shell = Callable[..., str]
PAGE = "".join((ROOT / "docs" / name).read_text() for name in ("operating.md", "planned-work.md"))


def blocks(heading: str, page: str = PAGE) -> list[str]:
    """The shell blocks of a section, in their order."""
    [section] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^ *```shell\n.*?^ *```$", section, flags=re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block).removeprefix("```shell\n").removesuffix("```") for block in blocks]


@pytest.fixture
def shell(queue: Copy, commands: str) -> Shell:
    """Runs a block in the example's folder; the result is what it printed."""

    def run(block: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            check=False,
            cwd=queue.terraform.folder,
            env=queue.terraform.environment | {"PATH": commands},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def test_alarms_and_log(shell: Shell) -> None:
    alarms, warnings = blocks("Operating")
    shell(alarms)
    shell(warnings)
    [limits] = blocks("function-throttled")
    assert "ConcurrentExecutions" in shell(limits)


def test_along_the_way(queue: Copy, shell: Shell) -> None:
    queue.publish(samples.messages()["SystemEvent"])
    queue.received(2)
    [metrics] = blocks("Nothing arrives")
    shell(metrics)
    for command in re.findall(r"`(aws .+?)`", PAGE.partition("## Nothing arrives")[2].partition("## Only some")[0]):
        assert queue.outputs["queue_arn"] in shell(command.replace("TOPIC_ARN", queue.outputs["topic_arn"]))


def kept(copy: Copy) -> Any:
    """A message of the dead-letter queue, once there is one."""
    sqs, url = copy.client("sqs"), copy.outputs["dead_letter_queue_url"]
    end = time.monotonic() + PATIENCE_SECONDS
    look = {"QueueUrl": url, "WaitTimeSeconds": 1, "VisibilityTimeout": 0, "MessageAttributeNames": ["All"]}
    while not (found := sqs.receive_message(**look).get("Messages")):
        assert time.monotonic() < end, copy.story(0)
    return found[0]


def test_look_into_the_dead_letter_queue(queue: Copy, shell: Shell) -> None:
    look, show, _ = blocks("Redrive")
    queue.datadog.faults.append(always(respond(400)))
    queue.publish(samples.events_of(samples.messages()["SystemEvent"])[:1])
    sqs, url = queue.aws.client("sqs"), queue.outputs["dead_letter_queue_url"]
    kept(queue)
    printed = shell(look)
    assert '"ApproximateNumberOfMessages": "1"' in printed
    reason, source, _ = printed.splitlines()[-1].split("\t")
    # What the function put there is of no queue.
    assert (reason, source) == ("events: HTTP 400", "None")
    end = time.monotonic() + PATIENCE_SECONDS
    while not (events := shell(show)):  # Each look hides the message for a while.
        assert time.monotonic() < end
    assert '"reason": "events: HTTP 400"' in events
    assert '"EventType": "SystemEvent"' in events
    sqs.purge_queue(QueueUrl=url)


def test_redrive_with_direct_delivery(direct: Copy, commands: str, tmp_path: Path) -> None:
    [loop] = blocks("With direct delivery")
    sqs, url = direct.client("sqs"), direct.outputs["dead_letter_queue_url"]
    sqs.purge_queue(QueueUrl=url)
    # The text first: what is behind it does not wait.
    sqs.send_message(QueueUrl=url, MessageBody="no JSON")
    # Datadog is down for all three attempts; the emulator makes them only of what is invoked asynchronously by itself.
    direct.datadog.faults.append(always(respond(503)))
    record = sns_record(samples.encode(samples.messages()["SystemEvent"]))
    direct.client("lambda").invoke(
        FunctionName=direct.outputs["function_name"],
        InvocationType="Event",
        Payload=json.dumps({"Records": [record]}).encode(),
    )
    end = time.monotonic() + PATIENCE_SECONDS
    while waiting(direct, "dead_letter_queue_url") < 2:
        assert time.monotonic() < end, direct.story(0)
    direct.datadog.clear()
    outputs = "".join(
        f'{name}) echo "{direct.outputs[name]}";;\n' for name in ("dead_letter_queue_url", "function_name")
    )
    terraform = tmp_path / "terraform"
    terraform.write_text(f'#!/bin/sh\ncase "$3" in\n{outputs}esac\n')
    terraform.chmod(0o755)
    done = subprocess.run(
        # An option of version 2 of the AWS CLI, which PyPI does not have.
        ["bash", "-euo", "pipefail", "-c", loop.replace("--cli-binary-format raw-in-base64-out ", "")],
        check=False,
        cwd=tmp_path,
        env=direct.terraform.environment | {"PATH": f"{tmp_path}:{commands}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert len(direct.received(2)) == 2
    assert kept(direct)["MessageAttributes"]["reason"]["StringValue"].startswith("not readable as JSON")
    sqs.purge_queue(QueueUrl=url)


def test_a_rotated_api_key_stays(queue: Copy, shell: Shell) -> None:
    [store] = blocks("Rotate the API key")
    [first_time] = [
        block.text for block in pages.blocks(ROOT / "README.md", "shell") if "put-secret-value" in block.text
    ]
    first_time = first_time.replace("--region eu-central-1", f"--region {queue.region}")
    try:
        for command, key in ((first_time, "the-second-key"), (store, ROTATED_KEY)):
            shell(command, stdin=f"{key}\n")
        queue.datadog.keys = {ROTATED_KEY}
        queue.publish(samples.messages()["SystemEvent"])
        queue.received(2)
        assert queue.changes() == {}, "a plan should not touch the key"
        queue.terraform.apply()
        secrets, secret = queue.client("secretsmanager"), queue.outputs["secret_arn"]
        assert secrets.get_secret_value(SecretId=secret)["SecretString"] == ROTATED_KEY
        # There is no version that the provider could miss and write anew.
        state = json.loads((queue.terraform.folder / "terraform.tfstate").read_text())
        assert "aws_secretsmanager_secret_version" not in {resource["type"] for resource in state["resources"]}
    finally:
        queue.aws.store(queue.outputs["secret_arn"], queue.api_key)


def test_the_publishers_key_is_rotated(queue: Copy, shell: Shell) -> None:
    page = (ROOT / "modules" / "publisher" / "README.md").read_text()
    page = page.replace("--user-name deep-security-publisher", f"--user-name {queue.outputs['publisher_user_name']}")
    create, _ = blocks("The access key", page)
    exchange = "".join(blocks("Rotate the key", page))

    def created() -> str:
        shell(create)
        file = queue.terraform.folder / "access-key.json"
        assert stat.filemode(file.stat().st_mode) == "-rw-------"
        key = json.loads(file.read_text())["AccessKey"]["AccessKeyId"]
        file.unlink()
        return str(key)

    first, second = created(), created()
    shell(exchange.replace("AKIAIOSFODNN7EXAMPLE", first))
    iam, user = queue.aws.client("iam"), queue.outputs["publisher_user_name"]
    [left] = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert (left["AccessKeyId"], left["Status"]) == (second, "Active")
    iam.delete_access_key(UserName=user, AccessKeyId=second)


def test_the_queues_are_seen_to_be_empty(shell: Shell) -> None:
    [look] = blocks("Move")
    attributes = json.loads(shell(look))["Attributes"]
    assert set(attributes) == {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"}


def test_a_pipeline_plans_and_applies(queue: Copy, shell: Shell) -> None:
    [commands] = blocks("In a pipeline", (ROOT / "docs" / "pipelines.md").read_text())
    assert "Apply complete!" in shell(commands)
    plan = (queue.terraform.folder / "plan").read_bytes()
    with ZipFile(io.BytesIO(plan)) as archive:
        assert not any(queue.api_key.encode() in archive.read(name) for name in archive.namelist())
