"""Fixtures of the payload's tests."""

import ctypes
import sys
import threading
from collections.abc import Iterator

import hypothesis
import pytest
from moto import mock_aws

from deep_security_datadog import deadline
from tests.strict_sqs import StrictSqs, instead_of_aws
from tools import fake_datadog
from tools.fake_datadog import FakeDatadog

# How long an example takes depends on what else the machine does. What must be fast has tests of its own.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is of examples: a line that only chance reaches has no test, and hundreds of cases take a while."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("hypothesis"):
            # Not the marker no_cover, which has no effect in a worker of xdist.
            item.fixturenames.append("untraced")


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account, by moto, which checks requests as AWS does."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> StrictSqs:
    """In place of AWS's."""
    return instead_of_aws(monkeypatch)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDatadog]:
    """A fake Datadog that listens on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with fake_datadog.running() as running:
        yield running


RAISE_IN_THREAD = ctypes.pythonapi.PyThreadState_SetAsyncExc


@pytest.fixture(autouse=True)
def left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """While something traces, Python 3.11 spins until the thread's exception is raised."""
    if sys.gettrace() is not None:
        monkeypatch.setattr(ctypes.pythonapi, "PyThreadState_SetAsyncExc", lambda *_: None)


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No coverage, so that a thread that is left behind is ended."""
    monkeypatch.setattr(ctypes.pythonapi, "PyThreadState_SetAsyncExc", RAISE_IN_THREAD)
    traces = sys.gettrace(), threading.gettrace()
    # Threads are used again, and these are traced.
    while deadline._idle:
        deadline._idle.pop().jobs.put(None)
    sys.settrace(None)
    threading.settrace(None)
    yield
    sys.settrace(traces[0])
    threading.settrace(traces[1])
