"""A forwarder of which only the network is fake: `responses` instead of Datadog, `FakeQueues` instead of SQS."""

from collections.abc import Iterator

import pytest
import responses

from deep_security_datadog.datadog.api_key import ApiKey
from deep_security_datadog.datadog.client import DatadogClient
from deep_security_datadog.datadog.sender import Sender
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.settings import Settings
from tests.support import BuildForwarder, FakeQueues


@pytest.fixture
def intake() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def queues() -> FakeQueues:
    return FakeQueues()


@pytest.fixture
def forwarder(queues: FakeQueues, monkeypatch: pytest.MonkeyPatch) -> BuildForwarder:
    """A forwarder with the given environment, one request at a time so that answers come in order."""
    monkeypatch.setattr("deep_security_datadog.datadog.sender.sleep", lambda _: None)

    def build(**environment: str) -> Forwarder:
        settings = Settings.from_environment({"DD_API_KEY_SSM_NAME": "/datadog", **environment})
        key = ApiKey(lambda: "0123456789abcdef" * 2, reload_interval=300)
        sender = Sender(DatadogClient(connections=1), key, concurrent_requests=1)
        return Forwarder(settings, sender, queues)

    return build
