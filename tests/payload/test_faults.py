"""Hostile messages and dependencies that hang: the invocation ends in time, and the neighbours get through."""

from __future__ import annotations

import gc
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from deep_security_datadog import deadline
from deep_security_datadog.aws import admission
from deep_security_datadog.aws.key_store import SecretUnreadable
from deep_security_datadog.datadog import client as datadog_client
from deep_security_datadog.datadog import sender
from deep_security_datadog.datadog.api_key import ApiKey
from deep_security_datadog.datadog.client import DatadogClient
from deep_security_datadog.datadog.sender import MARGIN, Sender
from deep_security_datadog.forward import CONCURRENT_REQUESTS as CONCURRENT
from deep_security_datadog.forward import Forwarder
from deep_security_datadog.settings import Settings
from tests.support import FakeQueues, sample, sqs_record
from tools import fake_datadog
from tools.fake_datadog import API_KEY, FakeDatadog
from tools.fake_datadog.faults import always, first, respond

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDatadog]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with fake_datadog.running() as running:
        yield running


class Invocation:
    """A forwarder as in Lambda, with a clock that ends."""

    def __init__(self, url: str, *, read: Callable[[], str] = lambda: API_KEY) -> None:
        environment = {"DD_API_KEY_SSM_NAME": "/datadog", "DESTINATIONS": json.dumps({"events": {"url": url}})}
        self.queues = FakeQueues()
        key = ApiKey(read, reload_interval=300)
        sender = Sender(DatadogClient(connections=CONCURRENT), key, concurrent_requests=CONCURRENT)
        self._forwarder = Forwarder(Settings.from_environment(environment), sender, self.queues)
        self.seconds = 0.0

    def __call__(self, *records: dict[str, Any], timeout: float = 30) -> list[str]:
        """The ids of the records that come back."""
        started = time.monotonic()
        answer = self._forwarder.forward(
            {"Records": list(records)}, seconds_left=lambda: started + timeout - time.monotonic(), request_id="q"
        )
        self.seconds = time.monotonic() - started
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def good(count: int = 9) -> list[dict[str, Any]]:
    return [sqs_record(sample("PayloadLog"), record_id=f"good-{number}") for number in range(count)]


def events(count: int) -> dict[str, Any]:
    return sqs_record([{"EventType": "SystemEvent", "EventID": number, "Title": "t"} for number in range(count)])


# Messages ----------------------------------------------------------------------------------------------------------


def test_blanks_before_a_control_character_cost_no_time(intake: FakeDatadog) -> None:
    """5.3 seconds each, before: eight took 42 seconds, and the invocation was killed."""
    hostile = [{"EventType": "SystemEvent", "Title": " " * 30_000 + "\x01\r"} for _ in range(8)]
    invocation = Invocation(intake.url)
    assert invocation(sqs_record(hostile, record_id="hostile"), *good()) == []
    assert len(intake.events) == 8 + 9
    assert invocation.seconds < 20


def test_a_message_that_no_invocation_takes_is_sent_in_parts_and_its_neighbours_go_on(intake: FakeDatadog) -> None:
    invocation = Invocation(intake.url)
    large = sqs_record(f"[{','.join(['{}'] * 12_000)}]", record_id="large")
    assert invocation(large, *good()) == []
    (remainder,), (body,) = invocation.queues.remainders, invocation.queues.bodies
    left = len(json.loads(json.loads(body)["Message"]))
    assert len(intake.events) - 9 + left == 12_000 and left <= 7_009
    assert remainder.generation == 0, "it is not delayed"


def test_each_message_has_its_share(intake: FakeDatadog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest would come back again and again while traffic is steady, until it is in the dead-letter queue."""
    monkeypatch.setattr(admission, "MOST_ENTRIES", 100)
    invocation = Invocation(intake.url)
    large = [sqs_record(f"[{','.join(['1,{}'] * 40)}]", record_id=f"large-{number}") for number in range(3)]
    assert invocation(*large, *good()) == []
    left = [json.loads(json.loads(body)["Message"]).count({}) for body in invocation.queues.bodies]
    assert len(intake.events) - 9 == 3 * 40 - sum(left) and len(left) == 3 and max(left) < 40


def test_without_a_queue_what_no_invocation_takes_is_kept(intake: FakeDatadog) -> None:
    """Lambda would try the same again."""
    notification = json.loads(sqs_record(f"[{','.join(['{}'] * 5_001)}]")["body"])
    invocation = Invocation(intake.url)
    assert invocation({"EventSource": "aws:sns", "Sns": notification}) == []
    (refusal,) = invocation.queues.refusals
    assert refusal.reason == "not delivered, and too large to be tried again without a queue"


def test_the_non_events_of_a_message_are_one_refusal(intake: FakeDatadog) -> None:
    invocation = Invocation(intake.url)
    assert invocation(sqs_record(f"[{','.join(['1'] * 130_000)}]", record_id="ones"), *good()) == []
    assert [refusal.reason for refusal in invocation.queues.refusals] == [
        "a number where an event (a JSON object) was expected; 130000 such elements"
    ]


def test_a_long_integer_costs_only_itself(intake: FakeDatadog) -> None:
    invocation = Invocation(intake.url)
    message = '[{"EventType":"SystemEvent","EventID":%s},{"EventType":"SystemEvent"}]' % ("7" * 5_000)
    assert invocation(sqs_record(message)) == []
    assert len(intake.events) == 2


# Dependencies ------------------------------------------------------------------------------------------------------


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The URL of a server that does this to each connection, and keeps it open until the end."""
    connections: list[socket.socket] = []

    def handle(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.recv(100_000)
            answer(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connections.append(connection)
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    for connection in connections:
        # Who still reads or writes is told so; its thread would hold the interpreter at the end.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def drip(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 202 Accepted\r\nX-Padding: " + b"a" * 1_000:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


@pytest.mark.parametrize("timeout", [6, 8])
def test_a_server_that_drips_does_not_hold_the_invocation(timeout: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with server(drip) as url:
        invocation = Invocation(url)
        assert invocation(events(40), timeout=timeout) == ["r-1"]
        assert invocation.seconds < timeout


def test_an_answer_that_hangs_counts_as_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(sender, "REQUEST_DEADLINE", 1.0)
    with server(drip) as url:
        invocation = Invocation(url)
        assert invocation(events(200)) == ["r-1"]
        assert invocation.seconds < 10, "one request that hangs tells about the others; 200 in turn take 13 seconds"


def test_an_accepted_answer_whose_body_never_comes_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(sender, "REQUEST_DEADLINE", 3.0)
    with server(lambda connection: connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n")) as url:
        assert Invocation(url)(events(1)) == []


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_name_with_many_dead_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting takes the time-out of each address; a full backlog answers no connection."""
    monkeypatch.setenv("NO_PROXY", "localhost")
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        for _ in range(3):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(address)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address)] * 8
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        invocation = Invocation(f"http://localhost:{address[1]}")
        assert invocation(events(40), timeout=9) == ["r-1"]
        assert invocation.seconds < 9
        # A socket that connects is closed when its thread ends, by its reference count only.
        while any(thread.name == "call" and thread in deadline._left_behind for thread in threading.enumerate()):
            time.sleep(0.1)
        gc.collect()


def test_after_requests_that_hung_others_are_sent(intake: FakeDatadog, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(_: object) -> None:
        release.wait(60)

    intake.faults.append(first(CONCURRENT, hang))
    invocation = Invocation(intake.url)
    with monkeypatch.context() as impatient:
        impatient.setattr(sender, "REQUEST_DEADLINE", 1.0)
        impatient.setattr(datadog_client, "READ_TIMEOUT", 60.0)
        assert invocation(events(20)) == []
    assert invocation.seconds < 20, "what waits behind them does not wait for them"
    assert len(intake.events) == 20
    release.set()


def test_a_key_store_that_hangs(intake: FakeDatadog, capsys: pytest.CaptureFixture[str]) -> None:
    """104 of 30 seconds, before, and no reason in the log."""
    release = threading.Event()

    def read() -> str:
        release.wait(60)
        return API_KEY

    invocation = Invocation(intake.url, read=read)
    assert invocation(events(40), timeout=8) == ["r-1"]
    release.set()
    assert invocation.seconds < 8
    assert "the API key cannot be read: no answer within" in capsys.readouterr().out


def test_a_key_that_is_read_too_slowly_begins_no_request(intake: FakeDatadog) -> None:
    def read() -> str:
        time.sleep(2)
        return API_KEY

    invocation = Invocation(intake.url, read=read)
    assert invocation(events(40), timeout=MARGIN + 2.5) == ["r-1"]
    assert not intake.requests


@pytest.mark.parametrize("error", [SecretUnreadable("AccessDeniedException"), OSError("secret")])
def test_a_failed_read_of_the_key_serves_all(
    intake: FakeDatadog, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    reads = []

    def read() -> str:
        reads.append(1)
        time.sleep(0.2)
        raise error

    assert Invocation(intake.url, read=read)(events(40)) == ["r-1"]
    assert len(reads) == 1
    line = capsys.readouterr().out
    assert "the API key cannot be read: " in line and "secret" not in line


def test_an_unexpected_error_in_a_thread_is_an_answer(intake: FakeDatadog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("content")

    monkeypatch.setattr(DatadogClient, "_prepare", fail)
    assert Invocation(intake.url)(events(3)) == ["r-1"]


def test_a_page_of_a_proxy_is_no_acceptance(intake: FakeDatadog) -> None:
    intake.faults.append(always(respond(200, "<html>Sign in</html>")))
    invocation = Invocation(intake.url)
    assert invocation(events(3)) == ["r-1"]
    intake.faults.clear()
    assert invocation(events(3)) == []


def test_what_datadog_asks_for_reaches_the_queue(intake: FakeDatadog) -> None:
    intake.faults.append(always(respond(429, "", {"X-RateLimit-Reset": "60"})))
    invocation = Invocation(intake.url)
    assert invocation(events(20)) == ["r-1"]
    ((_, asked),) = invocation.queues.returned
    assert asked == 60
