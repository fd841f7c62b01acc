"""What goes over the wire, over real sockets, and what comes back: accepted only by Datadog, refused only for good."""

import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from deep_security_datadog import __version__
from deep_security_datadog.datadog.client import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    DatadogClient,
    Progress,
    answer_of,
    is_accepted,
)
from deep_security_datadog.datadog.request import Context, Destination, Request
from deep_security_datadog.log import LoggableError
from deep_security_datadog.outcome import Answer, Outcome
from tests.faults import first
from tests.support import NOW
from tools import fake_datadog
from tools.fake_datadog import API_KEY, FakeDatadog
from tools.fake_datadog.faults import always, respond
from tools.fake_datadog.intake import EVENTS


@pytest.fixture
def client() -> DatadogClient:
    return DatadogClient(connections=1)


def request(url: str, body: bytes, **headers: str) -> Request:
    return Request(Destination("events", url, "", headers, 1, lambda *_: body), url, (), Context(NOW))


def post(client: DatadogClient, url: str, text: str = "x", *, key: str = API_KEY, **headers: str) -> Answer:
    body = json.dumps({"title": "t", "text": text}).encode()
    return client.post(request(url, body, **headers), Progress(key), seconds=60)


def test_each_request_has_its_own_body_the_headers_of_the_endpoint_and_the_key(
    fake: FakeDatadog, client: DatadogClient
) -> None:
    fake.keys.add("another")
    for size, key in ((300, API_KEY), (3, "another"), (30, API_KEY)):
        assert post(client, fake.url + EVENTS, "a" * size, key=key, **{"X-One": "1"}).status == 202
    assert [len(event["text"]) for event in fake.events] == [300, 3, 30]
    found = [(each.headers.get("x-one"), each.headers["dd-api-key"]) for each in fake.requests]
    assert found == [("1", API_KEY), ("1", "another"), ("1", API_KEY)]
    others = {(each.headers["content-type"], each.headers["user-agent"]) for each in fake.requests}
    assert others == {("application/json", f"deep-security-datadog/{__version__}")}


def test_cookies_are_not_sent_back(fake: FakeDatadog, client: DatadogClient) -> None:
    fake.faults.append(always(respond(202, {}, {"Set-Cookie": "session=1; Path=/"})))
    for _ in range(2):
        post(client, fake.url + EVENTS)
    assert not [request for request in fake.requests if "cookie" in request.headers]


@pytest.mark.parametrize(
    ("seconds", "timeout"),
    [(60, (CONNECT_TIMEOUT, READ_TIMEOUT)), (6, (CONNECT_TIMEOUT, 6)), (2.5, (2.5, 2.5))],
)
def test_no_wait_is_longer_than_the_request_may_take(
    client: DatadogClient, monkeypatch: pytest.MonkeyPatch, seconds: float, timeout: tuple[float, float]
) -> None:
    found: list[object] = []

    def remember(*_: object, **options: object) -> None:
        found.append(options["timeout"])
        raise OSError

    monkeypatch.setattr(requests.Session, "send", remember)
    with pytest.raises(LoggableError):
        client.post(request("https://x", b""), Progress(API_KEY), seconds=seconds)
    assert found == [timeout]


def test_as_many_connections_are_kept_as_there_are_requests_at_once(fake: FakeDatadog) -> None:
    together = threading.Barrier(4, timeout=30)

    def meet(_: object) -> None:
        together.wait()

    fake.faults.append(meet)
    client = DatadogClient(connections=4)
    for _ in range(2):
        threads = [threading.Thread(target=post, args=(client, fake.url + EVENTS)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(fake.events) == 8
    assert fake.connections == 4


def test_the_proxy_of_the_environment_is_used(
    fake: FakeDatadog, client: DatadogClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", fake.url)
    monkeypatch.delenv("NO_PROXY")
    for _ in range(2):
        assert post(client, "http://api.example.com/x").status == 404
        # It is looked at once: that costs as much as a request.
        monkeypatch.delenv("HTTP_PROXY", raising=False)
    assert [request.headers["host"] for request in fake.requests] == ["api.example.com"] * 2


def test_where_nobody_listens_or_the_ca_bundle_is_missing_there_is_no_answer(
    client: DatadogClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(LoggableError, match=r"^ConnectionError$"):
        post(client, "http://127.0.0.1:9/")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with pytest.raises(LoggableError, match=r"^OSError$"):
        post(client, "https://127.0.0.1:9/")


def test_a_redirect_is_an_answer_and_takes_the_key_nowhere(fake: FakeDatadog, client: DatadogClient) -> None:
    with fake_datadog.running() as elsewhere:
        fake.faults.append(always(respond(307, "", {"Location": elsewhere.url})))
        assert post(client, fake.url + EVENTS).status == 307
        assert not elsewhere.requests


@pytest.mark.parametrize("key", ["ключ", "two\nlines", "two\rlines"])
def test_a_key_that_no_header_can_hold_is_not_named(fake: FakeDatadog, client: DatadogClient, key: str) -> None:
    with pytest.raises(LoggableError) as raised:
        post(client, fake.url + EVENTS, key=key)
    assert key not in str(raised.value) and raised.value.__suppress_context__
    assert not fake.requests


def test_an_answer_that_is_cut_off_counts_and_the_next_is_another(fake: FakeDatadog, client: DatadogClient) -> None:
    too_long = {"Content-Length": "1000", "Connection": "close"}
    fake.faults.append(first(1, respond(202, {}, too_long)))
    assert [post(client, fake.url + EVENTS).status for _ in range(2)] == [202, 202]


def test_of_a_long_answer_only_the_beginning_is_read(fake: FakeDatadog, client: DatadogClient) -> None:
    """The rest would fill the memory. Datadog's own are short, so it is none of theirs."""
    fake.faults.append(first(1, respond(200, {"status": "ok", "x": "x" * 100_000})))
    answers = [post(client, fake.url + EVENTS).outcome for _ in range(2)]
    assert answers == [Outcome.RETRY, Outcome.ACCEPTED]


def answer(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_of(status, CaseInsensitiveDict(named), b"<html>")


@pytest.mark.parametrize(
    ("status", "content", "accepted"),
    [
        (202, b"", True),
        (200, b'{"status": "ok", "event": {}}', True),
        (200, b"{}", True),
        (200, b'{"status": "error"}', False),
        (200, b'{"message": "blocked by a proxy"}', False),
        (200, b"<html>Sign in</html>", False),
        (200, b"[" * 100_000, False),
        (200, b"\xff", False),
        (302, b"{}", False),
    ],
)
def test_acceptance_is_datadogs_own_answer(status: int, content: bytes, accepted: bool) -> None:
    assert is_accepted(status, content) is accepted


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503])
def test_only_what_no_retry_changes_is_refused(status: int) -> None:
    found = answer_of(status, {}, b"<html>")
    reason = f"HTTP {status}" if status >= 300 else f"HTTP {status}, but not from Datadog"
    outcome = Outcome.REFUSED if status in {400, 413, 422} else Outcome.RETRY
    assert found == Answer(outcome, status, reason, attempts=1, is_rate_limit=status == 429)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry_after": "3", "X_RateLimit_Reset": "2"}, 3),
        ({"Retry_After": "-1"}, 0),
        ({"Retry_After": "soon", "X_RateLimit_Reset": "2"}, 2),
        ({"Retry_After": "inf"}, 0),
        ({"Retry_After": "1e9"}, 86_400),
        ({"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400),
        ({"Retry_After": "Fri, 31 Dec 9999 23:59:59"}, 0),
        ({"Retry_After": "Fri, 31 Dec 99999 23:59:59 GMT"}, 0),
    ],
)
def test_a_rate_limit_says_how_long(headers: dict[str, str], seconds: float) -> None:
    found = answer(429, **headers)
    assert (found.retry_after, found.is_rate_limit) == (seconds, True)


@pytest.mark.parametrize("status", [301, 302, 401, 403, 404, 408, 500, 502, 503, 504])
def test_retry_after_counts_only_with_a_rate_limit_or_an_overload_and_may_be_a_date(status: int) -> None:
    """RFC 9110, 10.2.3."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert (60 < answer(status, Retry_After=date).retry_after <= 90) is (status == 503)


@pytest.mark.parametrize("status", [403, 500, 503])
def test_the_reset_counts_only_when_nothing_remains(status: int) -> None:
    """Datadog sends it with every answer: 180 events waited 50 minutes for one 503."""
    passing = answer(status, X_RateLimit_Reset="3000", X_RateLimit_Remaining="249000")
    assert (passing.retry_after, passing.is_rate_limit) == (0, False)
    spent = answer(status, X_RateLimit_Reset="3000", X_RateLimit_Remaining=" 0 ")
    assert (spent.retry_after, spent.is_rate_limit) == (3000, True)


def test_an_accepted_one_asks_for_no_wait() -> None:
    """The last of a period is accepted with nothing remaining."""
    assert answer(202, X_RateLimit_Reset="40", X_RateLimit_Remaining="0") == Answer(Outcome.ACCEPTED, 202, attempts=1)
