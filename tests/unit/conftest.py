"""What the payload's unit tests share: the samples, a courier against `responses`, and queues that remember."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from deep_security_datadog.api_key import ApiKey
from deep_security_datadog.deliver import Courier
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.settings import Settings
from tests.payload import RememberingQueues, sample


@pytest.fixture
def mixed() -> list[dict[str, Any]]:
    """Nine events of eight types in one message."""
    events: list[dict[str, Any]] = sample("mixed-array")
    return events


@pytest.fixture
def intake() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def queues() -> RememberingQueues:
    return RememberingQueues()


@pytest.fixture
def forwarder(queues: RememberingQueues) -> Callable[..., Forwarder]:
    """A forwarder with the given environment, one request at a time so that answers come in order."""

    def build(**environment: str) -> Forwarder:
        settings = Settings.from_environment({"DD_API_KEY_SSM_NAME": "/datadog", **environment})
        courier = Courier(ApiKey(lambda: "key", reload_interval=300), concurrent_requests=1, sleep=lambda _: None)
        return Forwarder(settings, courier, queues)

    return build
