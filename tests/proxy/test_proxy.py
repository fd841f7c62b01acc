"""The package behind a company's proxy with an authority of its own, set up as the module does: by the environment."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from tests.proxy import intercepting_proxy
from tests.support import sqs_record
from tools import fake_datadog, samples
from tools.fake_datadog.faults import respond, when
from tools.repository import PACKAGE

SECRETS = "secretsmanager.eu-central-1.amazonaws.com"
DATADOG = "api.datadoghq.com"
INVOKE = """
import json, sys, types
from deep_security_datadog.handler import lambda_handler
context = types.SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 30_000)
print(json.dumps(lambda_handler(json.load(sys.stdin), context)))
"""


class Invocation(NamedTuple):
    """What one invocation of the package did."""

    hosts: list[str]
    events: list[dict[str, Any]]
    answer: dict[str, Any]
    log: str


def invoke(folder: Path, authority: trustme.CA, **environment: str) -> Invocation:
    """Behind a proxy of that authority, with more environment variables, or with "" without them."""
    bundle = folder / "ca-bundle.pem"
    bundle.write_bytes(authority.cert_pem.bytes())
    event = samples.events_of(samples.messages()["SystemEvent"])[0]
    record = sqs_record([event]) | {"receiptHandle": "1", "attributes": {"ApproximateReceiveCount": "1"}}
    with fake_datadog.running() as datadog:
        datadog.faults = [when(lambda request: request.path == "/", respond(200, fake_datadog.SECRET))]
        port = int(datadog.url.rpartition(":")[2])
        with intercepting_proxy.running(authority, port) as proxy:
            variables = {
                "PATH": os.environ["PATH"],
                # As in Lambda: the package, and the SDK that comes with the runtime.
                "PYTHONPATH": os.pathsep.join([str(PACKAGE), sysconfig.get_path("purelib")]),
                "AWS_REGION": "eu-central-1",
                "AWS_ACCESS_KEY_ID": "example",
                "AWS_SECRET_ACCESS_KEY": "example",
                "DD_SITE": "datadoghq.com",
                "DD_API_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:datadog-AbCdEf",
                "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/111122223333/dead-letter",
                "DESTINATIONS": json.dumps({"events": {}}),
                "HTTPS_PROXY": proxy.url,
                "REQUESTS_CA_BUNDLE": str(bundle),
                "AWS_CA_BUNDLE": str(bundle),
                # What waits is told so to SQS, in one request.
                "QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/111122223333/queue",
            } | environment
            done = subprocess.run(
                [sys.executable, "-c", INVOKE],
                check=True,
                cwd=folder,
                env={name: value for name, value in variables.items() if value},
                input=json.dumps({"Records": [record]}),
                capture_output=True,
                text=True,
                timeout=180,
            )
            *log, answer = done.stdout.splitlines()
            return Invocation(proxy.hosts, datadog.events, json.loads(answer), "\n".join([*log, done.stderr]))


def test_requests_to_datadog_and_aws_take_the_proxy_and_trust_its_authority(tmp_path: Path) -> None:
    done = invoke(tmp_path, trustme.CA())
    assert done.hosts == [SECRETS, DATADOG], done.log
    assert len(done.events) == 1, done.log
    assert done.answer == {"batchItemFailures": []}


def test_hosts_without_the_proxy(tmp_path: Path) -> None:
    # Nothing answers there: reserved by RFC 2606.
    done = invoke(tmp_path, trustme.CA(), DD_SITE="datadog.invalid", NO_PROXY=".datadog.invalid")
    assert DATADOG not in done.hosts
    assert [host for host in done.hosts if host.endswith(".invalid")] == []
    assert done.events == []


@pytest.mark.parametrize(
    ("variables", "hosts"),
    [
        # The SDK takes the second where there is no first.
        (["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"], {SECRETS}),
        (["REQUESTS_CA_BUNDLE"], {SECRETS, DATADOG}),
    ],
)
def test_an_authority_that_is_not_given_is_refused(tmp_path: Path, variables: list[str], hosts: set[str]) -> None:
    done = invoke(tmp_path, trustme.CA(), **dict.fromkeys(variables, ""))
    assert hosts <= set(done.hosts)
    assert done.events == []
    assert len(done.answer["batchItemFailures"]) == 1, "the event waits"
    # In the TLS library's words: what is wrong with a company's certificate, nothing else tells.
    assert "unable to get local issuer certificate" in done.log
