"""The answer to each request: which are sent next, when one is sent again, in which parts, and when to stop."""

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Barrier, Event

import pytest
import requests
import responses

from deep_security_datadog import deadline
from deep_security_datadog.datadog import sender as module
from deep_security_datadog.datadog.api_key import ApiKey
from deep_security_datadog.datadog.circuit_breaker import LONGEST_WAIT, MOST_FAILURES, MOST_RATE_LIMITS
from deep_security_datadog.datadog.client import READ_TIMEOUT, DatadogClient
from deep_security_datadog.datadog.request import Context, Destination, Item, Request, TooLarge
from deep_security_datadog.datadog.sender import BACKOFF, MARGIN, MOST_ATTEMPTS, SHORTEST_REQUEST, Sender
from deep_security_datadog.deep_security.event import Event as DeepSecurityEvent
from deep_security_datadog.log import LoggableError
from deep_security_datadog.outcome import Answer, Outcome
from tests.support import EVENTS_URL, LOGS_URL, NOW, becomes_true

ACCEPTED, RETRY, REFUSED = Outcome

Answered = dict[int, Answer]
# From the ids of a request's events and its API key to a status and headers.
Reply = Callable[[list[int], str], "int | tuple[int, dict[str, str]]"]


def encode(_: Context, items: Sequence[Item], is_short: bool) -> bytes:
    """The ids of the events; negative ones where they are cut short."""
    return json.dumps([number_of(item) * (-1 if is_short else 1) for item in items]).encode()


def batch(ids: Iterable[int], message: str = "m", url: str = LOGS_URL) -> Request:
    """All of them in one request."""
    items = tuple(Item(DeepSecurityEvent({"EventID": number}), message) for number in ids)
    return Request(Destination("logs", url, "", {}, 1000, encode), url, items, Context(NOW))


def each(ids: Iterable[int], message: str = "m", url: str = EVENTS_URL) -> list[Request]:
    """A request for each of them."""
    return [batch([number], message, url) for number in ids]


def of_several_messages(count: int) -> list[Request]:
    return [request for number in range(count) for request in each([number], f"m-{number % 3}")]


def number_of(item: Item) -> int:
    """Its event's id."""
    return int(str(item.event.properties["EventID"]))


def a_sender(
    read: Callable[[], str] = lambda: "key",
    *,
    at_once: int = 1,
    reload_interval: float = 300,
) -> Sender:
    key = ApiKey(read, reload_interval=reload_interval)
    return Sender(DatadogClient(connections=at_once), key, concurrent_requests=at_once)


def send(sender: Sender, requests: Iterable[Request], seconds: float | Callable[[], float] = 60) -> Answered:
    """The answer for each event, of which there is one."""
    found: Answered = {}
    left = seconds if callable(seconds) else lambda: seconds
    for request, answer in sender.send(requests, seconds_left=left):
        for item in request.items:
            assert found.setdefault(number_of(item), answer) is answer
    return found


def outcomes(answers: Answered) -> list[Outcome]:
    """In the order of the events."""
    return [answers[number].outcome for number in sorted(answers)]


def one(answers: Answered) -> Answer:
    (answer,) = answers.values()
    return answer


class Datadog:
    """Answers as it is told. Its sender sends one request at a time, in order."""

    def __init__(self, intake: responses.RequestsMock) -> None:
        self.reply: Reply = lambda _, __: 202
        # The ids of each request.
        self.asked: list[list[int]] = []
        # Seconds that the sender slept.
        self.waits: list[float] = []
        self.sender = a_sender()
        for url in (EVENTS_URL, LOGS_URL):
            intake.add_callback(responses.POST, url, self._answer)

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        ids = json.loads(request.body or b"")
        self.asked.append(ids)
        reply = self.reply(ids, request.headers["DD-API-KEY"])
        return (*reply, "") if isinstance(reply, tuple) else (reply, {}, "")

    def replies(self, *given: int | tuple[int, dict[str, str]]) -> None:
        """These in turn, the last one again and again."""
        left = list(given)
        self.reply = lambda _, __: left.pop(0) if len(left) > 1 else left[0]

    def send(self, requests: Iterable[Request], seconds: float | Callable[[], float] = 60) -> Answered:
        """In an invocation, of which it keeps what it was asked."""
        self.asked.clear()
        self.waits.clear()
        return send(self.sender, requests, seconds)

    def is_down(self) -> None:
        """After an invocation that found it so."""
        self.replies(503)
        self.send(of_several_messages(100))


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which event goes first after an outage is left to chance, but for these tests. None waits."""
    monkeypatch.setattr(random, "sample", lambda items, _: list(items))
    monkeypatch.setattr(module, "sleep", lambda _: None)


@pytest.fixture
def datadog(intake: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> Datadog:
    found = Datadog(intake)
    monkeypatch.setattr(module, "sleep", found.waits.append)
    return found


# Again -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [204, 301, 404, 408, 429, 500, 502, 503, 504])
def test_anything_else_is_never_a_success_and_never_a_loss(datadog: Datadog, status: int) -> None:
    datadog.replies(status)
    answer = one(datadog.send(each([1])))
    assert (answer.outcome, answer.status, answer.attempts) == (RETRY, status, MOST_ATTEMPTS)
    assert len(datadog.asked) == MOST_ATTEMPTS


def test_network_errors_are_tried_again(intake: responses.RequestsMock) -> None:
    intake.post(EVENTS_URL, body=requests.ConnectionError("reset"))
    intake.post(EVENTS_URL, body=requests.ReadTimeout("slow"))
    intake.post(EVENTS_URL, status=202)
    assert one(send(a_sender(), each([1]))) == Answer(ACCEPTED, 202, attempts=3)


def test_all_are_sent_once_before_one_is_sent_again(datadog: Datadog) -> None:
    """So one that fails delays no other."""
    datadog.reply = lambda ids, _: 503 if ids == [0] and len(datadog.asked) < 4 else 202
    assert outcomes(datadog.send(each(range(3)))) == [ACCEPTED] * 3
    assert datadog.asked == [[0], [1], [2], [0]]


def test_waits_longer_each_time(datadog: Datadog) -> None:
    datadog.replies(503)
    datadog.send(each([1]))
    assert len(datadog.waits) == MOST_ATTEMPTS
    assert all(0.5 * longest <= wait <= longest for wait, longest in zip(datadog.waits, (*BACKOFF, 0), strict=True))


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_waits_as_long_as_datadog_says(datadog: Datadog, header: str) -> None:
    datadog.replies((429, {header: "2"}), 202)
    assert outcomes(datadog.send([batch(range(4))])) == [ACCEPTED] * 4
    assert datadog.waits == [2.0, 0.0] and datadog.asked == [[0, 1, 2, 3]] * 2


# In parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replies", "asked", "outcome"),
    [
        ([413, 202], [[7], [-7]], ACCEPTED),
        ([413], [[7], [-7]], REFUSED),
        # At the last attempt, too.
        ([503, 503, 503, 413, 202], [[7]] * MOST_ATTEMPTS + [[-7]], ACCEPTED),
    ],
)
def test_too_large_is_cut_once(datadog: Datadog, replies: list[int], asked: list[list[int]], outcome: Outcome) -> None:
    datadog.replies(*replies)
    assert one(datadog.send(each([7]))).outcome is outcome
    assert datadog.asked == asked


def test_a_batch_that_is_too_large_is_sent_in_halves(datadog: Datadog) -> None:
    datadog.reply = lambda ids, _: 413 if len(ids) > 2 else 202
    assert outcomes(datadog.send([batch(range(1, 7))])) == [ACCEPTED] * 6
    assert datadog.asked == [[1, 2, 3, 4, 5, 6], [1, 2, 3], [1], [2, 3], [4, 5, 6], [4], [5, 6]]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (KeyError("what an event says"), Answer(REFUSED, reason="cannot be rendered (KeyError)")),
        (TooLarge("larger than 5 MB"), Answer(REFUSED, 413, "larger than 5 MB")),
    ],
)
def test_one_that_cannot_be_rendered_is_refused_and_the_others_of_its_batch_are_sent_once(
    datadog: Datadog, error: Exception, answer: Answer
) -> None:
    def broken(context: Context, items: Sequence[Item], is_short: bool) -> bytes:
        if 5 in map(number_of, items):
            raise error
        return encode(context, items, is_short)

    whole = batch(range(8))
    answers = datadog.send([whole._replace(destination=whole.destination._replace(encode=broken))])
    assert answers.pop(5) == answer
    assert outcomes(answers) == [ACCEPTED] * 7
    assert datadog.asked == [[0, 1, 2, 3], [4], [6, 7]]


# One that is not accepted stops no other (row E) -------------------------------------------------------------------

RESET = {"X-RateLimit-Reset": "3000", "X-RateLimit-Remaining": "249000"}
BAD = {401: (401, {}), 403: (403, {}), 500: (500, {}), 302: (302, {"Retry-After": "60"}), 503: (503, RESET)}


@pytest.mark.parametrize(("place", "at_once"), [(0, 1), (50, 16), (99, 16)])
@pytest.mark.parametrize("bad", BAD)
def test_one_event_that_is_not_accepted_waits_alone(datadog: Datadog, bad: int, at_once: int, place: int) -> None:
    datadog.reply = lambda ids, _: BAD[bad] if ids == [place] else 202
    answers = send(a_sender(at_once=at_once), each(range(100)))
    found = answers.pop(place)
    assert outcomes(answers) == [ACCEPTED] * 99
    attempts = 1 if bad in {401, 403} else MOST_ATTEMPTS
    assert found == Answer(RETRY, bad, f"HTTP {bad}", attempts)
    assert datadog.asked.count([place]) == attempts


@pytest.mark.parametrize("key_can_be_read_again", [True, False])
def test_a_refusal_of_one_event_is_no_reason_to_do_without_the_key(
    datadog: Datadog, key_can_be_read_again: bool
) -> None:
    datadog.reply = lambda ids, _: 403 if ids == [0] else 202
    answers = send(a_sender((lambda: "key") if key_can_be_read_again else keys("key")), each(range(9)))
    assert (answers[0].outcome, answers[0].reason) == (RETRY, "HTTP 403")
    assert outcomes(answers)[1:] == [ACCEPTED] * 8


@pytest.mark.parametrize("at_once", [1, 16])
def test_a_message_that_is_not_accepted_waits_alone(datadog: Datadog, at_once: int) -> None:
    """Sixteen used to stop all. Twice as many as are evidence do not either."""
    bad = 2 * MOST_FAILURES
    datadog.reply = lambda ids, _: 500 if ids[0] < bad else 202
    answers = send(a_sender(at_once=at_once), each(range(bad), "bad") + each(range(bad, bad + 50), "good"))
    assert outcomes(answers) == [RETRY] * bad + [ACCEPTED] * 50


@pytest.mark.parametrize("at_once", [1, 16])
@pytest.mark.parametrize("bad", [*BAD, 400, 422, 429])
def test_one_log_that_is_not_accepted_waits_or_is_refused_alone(datadog: Datadog, bad: int, at_once: int) -> None:
    datadog.reply = lambda ids, _: BAD.get(bad, bad) if 137 in ids else 202
    answers = send(a_sender(at_once=at_once), [batch(range(200))])
    found = answers.pop(137)
    assert outcomes(answers) == [ACCEPTED] * 199
    outcome, attempts = (REFUSED, 1) if bad in {400, 422} else (RETRY, found.attempts)
    assert found == Answer(outcome, bad, f"HTTP {bad}", attempts, is_rate_limit=bad == 429)
    assert sum(len(ids) for ids in datadog.asked if 137 not in ids) == 199, "none of them arrives twice"


# Stopping ----------------------------------------------------------------------------------------------------------


def test_stops_when_datadog_is_plainly_down(datadog: Datadog) -> None:
    datadog.replies(503)
    answers = datadog.send(of_several_messages(100))
    assert outcomes(answers) == [RETRY] * 100
    assert datadog.asked == [[number] for number in range(MOST_FAILURES)]
    assert answers[99] == Answer(RETRY, reason="Datadog answers with HTTP 503")


def test_stops_when_nobody_answers_whoever_it_is_about(intake: responses.RequestsMock) -> None:
    intake.post(EVENTS_URL, body=requests.ConnectionError("https://key@host"))
    answers = send(a_sender(), each(range(100)))
    assert len(intake.calls) == MOST_FAILURES
    assert answers[0] == Answer(RETRY, reason="ConnectionError", attempts=1)
    assert answers[99] == Answer(RETRY, reason="Datadog does not answer")


def test_a_few_that_fail_again_and_again_are_not_many_that_fail(datadog: Datadog) -> None:
    datadog.replies(500)
    answers = datadog.send(of_several_messages(MOST_FAILURES // 2))
    assert {answer.attempts for answer in answers.values()} == {MOST_ATTEMPTS}


def test_of_a_message_alone_each_event_is_tried_once_and_of_a_second_one(datadog: Datadog) -> None:
    datadog.replies(503)
    assert outcomes(datadog.send([batch(range(50), "a"), batch(range(50, 100), "b")])) == [RETRY] * 100
    assert [ids for ids in datadog.asked if len(ids) == 1] == [[number] for number in range(51)]


def test_a_long_wait_that_is_asked_for_twice_stops(datadog: Datadog) -> None:
    datadog.replies((429, {"X-RateLimit-Reset": "40"}))
    answers = datadog.send(each(range(5)))
    assert [answers[number].reason for number in range(5)] == ["HTTP 429"] * 2 + ["Datadog asks to wait 40 s"] * 3
    assert {answer.retry_after for answer in answers.values()} == {40}
    assert len(datadog.asked) == MOST_RATE_LIMITS and datadog.waits == [0.0]


def test_a_short_wait_that_is_asked_for_twice_is_waited_for_by_all(datadog: Datadog) -> None:
    datadog.reply = lambda _, __: 202 if datadog.waits else (429, {"Retry-After": "2"})
    assert outcomes(datadog.send(each(range(5)))) == [ACCEPTED] * 5
    assert len(datadog.asked) == MOST_RATE_LIMITS + 5 and datadog.waits == [2.0, 0.0]


def test_a_long_wait_is_heeded_at_the_last_attempt_too(datadog: Datadog) -> None:
    datadog.replies(500, 500, 500, (429, {"Retry-After": "60"}))
    answer = one(datadog.send(each([1])))
    assert (answer.retry_after, answer.attempts) == (60.0, MOST_ATTEMPTS)


def test_the_wait_that_one_was_told_is_that_of_all_that_were_not_accepted(datadog: Datadog) -> None:
    datadog.replies((429, {"Retry-After": "60"}), 503)
    answer = datadog.send(each([1, 2]))[2]
    assert (answer.status, answer.retry_after) == (503, 60)


@pytest.mark.parametrize("wait", [2, LONGEST_WAIT])
def test_no_wait_beyond_the_time_left(datadog: Datadog, wait: float) -> None:
    datadog.replies((429, {"Retry-After": str(wait)}))
    answer = one(datadog.send(each([1]), MARGIN + SHORTEST_REQUEST + wait))
    assert (answer.outcome, answer.reason, answer.retry_after) == (RETRY, "HTTP 429", wait)
    assert datadog.waits == [0.0] and len(datadog.asked) == 1


@pytest.mark.parametrize("seconds", [-1.0, 0.0, MARGIN, MARGIN + SHORTEST_REQUEST - 0.1])
def test_starts_nothing_when_the_time_is_up(datadog: Datadog, seconds: float) -> None:
    # Nor does it read the key.
    answers = send(a_sender(keys()), each(range(3)), seconds)
    assert answers == dict.fromkeys(range(3), Answer(RETRY, reason="out of time"))
    assert datadog.asked == []


def test_nothing_is_started_that_takes_longer_than_is_left_by_what_others_took(
    datadog: Datadog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is accepted but cut off before its answer is sent twice."""
    monkeypatch.setattr(module, "SHORTEST_REQUEST", 0.1)
    left = [MARGIN + 10.0]

    def slowly(*_: object) -> int:
        time.sleep(0.3)
        left[0] = MARGIN + 0.2
        return 202

    datadog.reply = slowly
    answers = datadog.send(each([1, 2]), lambda: left[0])
    assert answers == {1: Answer(ACCEPTED, 202, attempts=1), 2: Answer(RETRY, reason="out of time")}


def test_what_is_not_sent_does_not_wait_for_what_hangs(datadog: Datadog) -> None:
    left, hangs, order = [60.0], Event(), list[int]()

    def reply(ids: list[int], _: str) -> int:
        if ids == [0]:
            hangs.wait(10)
        elif ids == [1]:
            left[0] = 0.0
        else:
            time.sleep(0.5)
        return 202

    datadog.reply = reply
    for request, _ in a_sender(at_once=3).send(each(range(4)), seconds_left=lambda: left[0]):
        order += map(number_of, request.items)
        if order[-1] == 3:
            hangs.set()
    assert order[:2] == [1, 3] and sorted(order) == [0, 1, 2, 3]


# Half open ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 16])
def test_after_an_outage_one_request_goes_first_and_the_others_follow_it(datadog: Datadog, at_once: int) -> None:
    datadog.sender = a_sender(at_once=at_once)
    datadog.is_down()
    for _ in range(3):
        answers = datadog.send(of_several_messages(100))
        assert len(datadog.asked) == 1, "an outage costs one request"
        assert {answer.reason for answer in answers.values()} == {"HTTP 503", "Datadog answers with HTTP 503"}
    alone = Event()

    def up(*_: object) -> int:
        if not alone.is_set():
            time.sleep(0.1)
            assert len(datadog.asked) == 1
            alone.set()
        return 202

    datadog.reply = up
    assert outcomes(datadog.send(of_several_messages(100))) == [ACCEPTED] * 100
    assert alone.is_set() and len(datadog.asked) == 100
    datadog.replies(503)
    datadog.send(of_several_messages(100))
    assert len(datadog.asked) >= MOST_FAILURES, "it has closed again"


@pytest.mark.parametrize("at_once", [1, 16])
def test_the_first_request_after_an_outage_has_one_item(datadog: Datadog, at_once: int) -> None:
    datadog.sender = a_sender(at_once=at_once)
    batches = [batch(range(20), "a", EVENTS_URL), batch(range(20, 40), "b", EVENTS_URL)]
    datadog.is_down()
    assert outcomes(datadog.send(batches)) == [RETRY] * 40
    assert datadog.asked == [[0]]
    datadog.replies(202)
    assert outcomes(datadog.send(batches)) == [ACCEPTED] * 40
    assert datadog.asked[0] == [0] and sorted(datadog.asked[1:]) == [list(range(1, 20)), list(range(20, 40))]


def test_a_first_request_that_cannot_be_rendered_shows_nothing(datadog: Datadog) -> None:
    def broken(*_: object) -> bytes:
        raise KeyError("what an event says")

    datadog.is_down()
    first, *others = of_several_messages(100)
    assert (
        outcomes(datadog.send([first._replace(destination=first.destination._replace(encode=broken)), *others]))
        == [REFUSED] + [RETRY] * 99
    )
    assert len(datadog.asked) == 1
    assert not any(datadog.waits), "nor is there anything to wait for"


@pytest.mark.parametrize("of", [each, lambda ids: [batch(ids)]])
def test_an_event_that_is_never_accepted_does_not_go_first_each_time(
    datadog: Datadog, monkeypatch: pytest.MonkeyPatch, of: Callable[[range], list[Request]]
) -> None:
    """Its neighbours would wait for ever, because a failure of the first one is all that the others are told."""
    monkeypatch.setattr(random, "sample", random.Random(7).sample)
    datadog.replies(503)
    datadog.send(of(range(10)))
    datadog.reply = lambda ids, _: 503 if 0 in ids else 202
    sent = [outcomes(datadog.send(of(range(10)))).count(ACCEPTED) for _ in range(10)]
    assert sent.count(9) >= 8


def test_one_endpoint_is_half_open_and_another_is_not(datadog: Datadog) -> None:
    datadog.is_down()
    datadog.reply = lambda ids, _: 503 if ids[0] < 100 else 202
    answers = datadog.send(of_several_messages(3) + each([100, 101], url=LOGS_URL))
    assert outcomes(answers) == [RETRY] * 3 + [ACCEPTED] * 2
    assert datadog.asked == [[0], [100], [101]]


def test_an_endpoint_that_accepted_anything_is_not_half_open(datadog: Datadog) -> None:
    datadog.reply = lambda ids, _: 202 if ids == [0] else 503
    datadog.send(of_several_messages(100))
    datadog.replies(503)
    datadog.send(of_several_messages(100))
    assert len(datadog.asked) == MOST_FAILURES


def test_a_first_request_with_a_key_that_was_rotated_is_sent_again(datadog: Datadog) -> None:
    datadog.sender = a_sender(keys("old", "new"))
    datadog.is_down()
    datadog.reply = lambda _, key: 202 if key == "new" else 403
    assert outcomes(datadog.send(of_several_messages(100))) == [ACCEPTED] * 100


# The API key -------------------------------------------------------------------------------------------------------


def keys(*values: str) -> Callable[[], str]:
    """A key store with these, one each time, and then none."""
    given = iter(values)

    def read() -> str:
        for value in given:
            return value
        raise LoggableError("/datadog: AccessDeniedException")

    return read


def test_a_rotated_key_is_read_again(datadog: Datadog) -> None:
    datadog.reply = lambda _, key: 202 if key == "new" else 403
    assert outcomes(send(a_sender(keys("old", "new")), each(range(3)))) == [ACCEPTED] * 3
    assert datadog.asked == [[0], [1], [2], [0]]


def test_of_several_refused_at_once_one_reads_the_key_again(datadog: Datadog) -> None:
    together = Barrier(4, timeout=30)

    def reply(_: object, key: str) -> int:
        if key == "old":
            together.wait()
        return 202 if key == "new" else 403

    datadog.reply = reply
    assert outcomes(send(a_sender(keys("old", "new"), at_once=4), each(range(4)))) == [ACCEPTED] * 4


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("values", "blame"),
    [
        (["old", "old"], "Datadog refuses the API key; do key and site belong together?"),
        (["old", "new", "third"], "Datadog refuses the API key; do key and site belong together?"),
        (["old"], "the API key cannot be read: /datadog: AccessDeniedException"),
    ],
)
def test_a_key_that_is_refused_after_it_was_read_again_keeps_everything(
    datadog: Datadog, values: list[str], blame: str, status: int
) -> None:
    read = keys(*values)
    datadog.replies(status)
    answers = send(a_sender(read), of_several_messages(100))
    assert outcomes(answers) == [RETRY] * 100
    assert answers[5] == Answer(RETRY, status, f"HTTP {status}: {blame}", attempts=1)
    assert answers[99].reason == f"Datadog refuses the API key (HTTP {status}); do key and site belong together?"
    assert len(datadog.asked) <= MOST_FAILURES + 1
    with suppress(LoggableError):
        assert read() == "third", "it is read again once"


def test_a_key_that_cannot_be_read_keeps_everything(datadog: Datadog) -> None:
    answers = send(a_sender(keys()), each(range(3)))
    reason = "the API key cannot be read: /datadog: AccessDeniedException"
    assert answers == dict.fromkeys(range(3), Answer(RETRY, reason=reason))
    assert datadog.asked == []


@pytest.mark.parametrize(("refuses", "expected"), [(False, 1), (True, 2)])
def test_without_an_interval_the_key_is_read_once_and_once_more_after_a_refusal(
    datadog: Datadog, refuses: bool, expected: int
) -> None:
    """Row H: with a key store of 0.3 s, a hundred reads took 30 s of 30."""
    reads: list[str] = []

    def read() -> str:
        reads.append("key")
        return reads[-1]

    sender = a_sender(read, at_once=4, reload_interval=0)
    datadog.reply = lambda ids, _: 403 if refuses else 202 if ids[0] % 10 else 503
    for sends in (1, 2):
        send(sender, of_several_messages(100))
        assert len(reads) == sends * expected


def test_a_key_store_that_hangs_is_given_the_time_that_is_left(
    datadog: Datadog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHORTEST_REQUEST", 0.1)
    release = Event()
    answers = send(a_sender(lambda: str(release.wait(60))), each(range(3)), MARGIN + 0.2)
    release.set()
    assert {answer.reason for answer in answers.values()} == {"the API key cannot be read: no answer within 0 s"}


# Servers that hold on (row F) --------------------------------------------------------------------------------------


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, set[socket.socket]]]:
    """The URL of a server that does this to each connection, and the connections that the other side keeps open."""
    connections: set[socket.socket] = set()

    def handle(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.recv(100_000)
            answer(connection)
            # Until the other side is gone.
            while connection.recv(100_000):
                pass
        connections.discard(connection)
        connection.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connections.add(connection)
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", connections
    for connection in list(connections):
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def repeat(start: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """Sends the start, and then the piece for ever."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            time.sleep(0.05)
            connection.sendall(piece)

    return answer


def countdown(ends: float) -> Callable[[], float]:
    return lambda: ends - time.monotonic()


def workers() -> int:
    return sum(thread.name == "call" for thread in threading.enumerate())


HOLDING = {
    "drips": repeat(b"HTTP/1.1 503 Unavailable\r\nX-Padding: ", b"a"),
    "continues": repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "never ends": repeat(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("answer", HOLDING)
def test_a_server_that_holds_on_leaves_neither_threads_nor_sockets(
    answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 64 of them there was "can't start new thread", and the environment stayed broken."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(module, "REQUEST_DEADLINE", 0.4)
    monkeypatch.setattr(module, "SHORTEST_REQUEST", 0.1)
    # A machine with other work, too, does what is left to do within that.
    monkeypatch.setattr(module, "MARGIN", 20.0)
    before, found = workers(), set[Outcome]()
    with server(HOLDING[answer]) as (url, connections):
        # Each has a sender of its own, because one that is half open leaves less behind.
        for _ in range(6):
            ends = time.monotonic() + 20.8
            answers = send(a_sender(at_once=8), each(range(16), url=url), countdown(ends))
            assert time.monotonic() < ends, "the invocation ends in time"
            found |= set(outcomes(answers))
        assert becomes_true(lambda: not connections), "the other side is told"
        assert becomes_true(lambda: workers() <= before + 8)
    assert (ACCEPTED in found) is (answer == "never ends")


@pytest.mark.usefixtures("untraced")
def test_an_accepted_answer_whose_body_never_comes_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(module, "REQUEST_DEADLINE", 1.0)
    head, started = b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n", time.monotonic()
    with server(lambda connection: connection.sendall(head)) as (url, _):
        assert one(send(a_sender(), each([1], url=url))) == Answer(ACCEPTED, 202, attempts=1)
        assert time.monotonic() - started < READ_TIMEOUT, "it is waited for no longer than a request may take"


@pytest.mark.usefixtures("untraced")
def test_where_too_many_hang_nothing_is_sent_and_the_reason_says_so(
    datadog: Datadog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In linear time: an endpoint that was half open asked for the time 12 million times for 5,000 events."""
    datadog.is_down()
    monkeypatch.setattr(deadline, "MOST_LEFT_BEHIND", 0)
    looks = iter([60.0] * 1_000)
    answers = datadog.send(each(range(200)), lambda: next(looks))
    assert answers == dict.fromkeys(range(200), Answer(RETRY, reason="0 earlier calls still hang"))
    assert not any(datadog.waits), "nor is it waited for"
    monkeypatch.undo()
    assert datadog.asked == []
    datadog.replies(202)
    assert outcomes(datadog.send(each(range(1, 4)))) == [ACCEPTED] * 3
