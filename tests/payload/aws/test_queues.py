"""What is sent to SQS, against one that checks it and answers as AWS does."""

import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from deep_security_datadog.aws import envelope, sdk
from deep_security_datadog.aws.delivery import Debt, Delivery, Outgoing
from deep_security_datadog.aws.envelope import Record
from deep_security_datadog.aws.queues import Queues, delay
from deep_security_datadog.outcome import Answer
from tests.strict_sqs import DEAD_LETTER_QUEUE, LARGEST, QUEUE, StrictSqs, error, instead_of_aws
from tests.support import ACCEPTED, REFUSED, RETRY, answered, events, sns_record, sqs_record


def made(queue: str | None = QUEUE, dead_letter: str | None = DEAD_LETTER_QUEUE, largest: int = LARGEST) -> Queues:
    return Queues(queue_url=queue, dead_letter_queue_url=dead_letter, visibility_timeout=180, largest=largest)


def outgoing(body: str, generation: int = 0, attributes: Mapping[str, str] = MappingProxyType({})) -> Outgoing:
    return Outgoing(body, ((0, "events"),), attributes, "reason", generation)


def keep(queues: Queues, messages: Iterable[Outgoing], seconds: float = 60) -> tuple[list[str], str]:
    """The bodies of what was taken, and why the rest was not."""
    taken: list[Outgoing] = []
    problem = queues.keep(messages, taken, seconds_left=lambda: seconds)
    return [one.body for one in taken], problem


def requeue(queues: Queues, *messages: Outgoing, asked: float = 0.0, seconds: float = 60) -> tuple[int, str]:
    taken: list[Outgoing] = []
    problem = queues.requeue(messages, taken, asked=asked, seconds_left=lambda: seconds)
    return len(taken), problem


def bodies(sqs: StrictSqs, url: str) -> list[str]:
    return [one.body for one in sqs.stored(url)]


def test_each_queue_gets_its_messages(sqs: StrictSqs) -> None:
    """Where nothing failed, the answer has no list of failures."""
    queues = made()
    attributes = {"reason": "events: HTTP 400", "status": "400", "origin": "m-1"}
    assert keep(queues, [outgoing("[1]", attributes=attributes)]) == (["[1]"], "")
    assert requeue(queues, outgoing("one"), outgoing("two")) == (2, "")
    (kept,) = sqs.stored(DEAD_LETTER_QUEUE)
    assert (kept.body, kept.attributes) == ("[1]", attributes)
    assert bodies(sqs, QUEUE) == ["one", "two"]


@pytest.mark.parametrize(("count", "length", "calls"), [(10, 10, 1), (11, 10, 2), (160, 10, 16), (4, 200_000, 4)])
def test_messages_are_sent_in_batches(sqs: StrictSqs, count: int, length: int, calls: int) -> None:
    texts = [f"{number:06}".ljust(length, "x") for number in range(count)]
    assert keep(made(), map(outgoing, texts)) == (texts, "")
    assert [name for name, _ in sqs.calls] == ["SendMessageBatch"] * calls
    assert bodies(sqs, DEAD_LETTER_QUEUE) == texts


@pytest.mark.parametrize("largest", [LARGEST, 1_048_576])
def test_attributes_and_bytes_count_towards_a_batch(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    """One byte too many, and SQS takes nothing of the batch."""
    sqs = instead_of_aws(monkeypatch, largest=largest, largest_batch=largest)
    first = outgoing("é" * 65_000, attributes={"reason": "é" * 500})
    exact = largest - first.size
    assert keep(made(largest=largest), [first, outgoing("x" * exact), first, outgoing("x" * (exact + 1))])[1] == ""
    assert [len(entries) for _, entries in sqs.calls] == [2, 1, 1]


@pytest.mark.parametrize(
    ("generation", "asked", "least", "most"),
    [(0, 0, 0, 0), (0, 60, 0, 0), (1, 0, 8, 10), (3, 1, 32, 40), (1, 60, 60, 60), (99, 0, 180, 180)],
)
def test_the_delay_grows_with_the_generation_or_is_what_datadog_asked_for(
    sqs: StrictSqs, generation: int, asked: float, least: int, most: int
) -> None:
    requeue(made(), outgoing("x", generation), asked=asked)
    (found,) = sqs.stored(QUEUE)
    assert least <= found.seconds <= most


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (outgoing("a\x1bb"), "InvalidMessageContents"),
        (outgoing("x" * (LARGEST + 1)), "InvalidParameterValue"),
        (outgoing("x" * (2 * LARGEST + 1)), "larger than SQS takes"),
    ],
)
def test_what_sqs_refuses_is_not_taken_and_its_neighbours_are(
    monkeypatch: pytest.MonkeyPatch, one: Outgoing, problem: str
) -> None:
    sqs = instead_of_aws(monkeypatch, largest_batch=2 * LARGEST)
    assert keep(made(largest=2 * LARGEST), [outgoing("one"), one, outgoing("two")]) == (["one", "two"], problem)
    assert bodies(sqs, DEAD_LETTER_QUEUE) == ["one", "two"]


@pytest.mark.parametrize(
    "answer", [{}, {"Successful": None}, {"Successful": []}, {"Successful": [{"Id": "9"}]}, {"Failed": []}]
)
def test_only_what_sqs_names_was_taken(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    """A proxy may answer in its place, with 200 and anything."""
    sqs = instead_of_aws(monkeypatch)
    monkeypatch.setattr(sqs, "send_message_batch", lambda **_: answer)
    assert keep(made(), [outgoing("one"), outgoing("two")]) == ([], "no answer of SQS")


def test_messages_are_made_when_it_is_their_turn(sqs: StrictSqs) -> None:
    """Thousands of refusals take time, too."""
    numbers = iter(range(1_000))
    assert keep(made(), (outgoing(str(number)) for number in numbers), seconds=0.1) == ([], "out of time")
    assert next(numbers) <= 11


def test_a_batch_that_fails_keeps_what_was_taken_before_and_gives_a_reason_without_content(sqs: StrictSqs) -> None:
    sqs.fault = lambda: error("SendMessageBatch", "NonExistentQueue", "secret") if len(sqs.calls) == 2 else None
    taken, problem = keep(made(), (outgoing(f"{number}") for number in range(25)))
    assert (len(taken), problem) == (10, "NonExistentQueue")
    assert len(sqs.calls) == 2, "SQS is not asked again"


def test_what_cannot_be_sent_in_time_is_not_begun_and_keeping_leaves_time_to_requeue(sqs: StrictSqs) -> None:
    queues = made()
    assert keep(queues, [outgoing("x")], seconds=0.45) == ([], "out of time")
    assert requeue(queues, outgoing("x"), seconds=0.35) == (0, "out of time")
    assert not sqs.calls
    assert requeue(queues, outgoing("x"), seconds=0.45) == (1, "")


def test_a_slow_sqs_is_asked_only_if_it_can_answer_in_time(sqs: StrictSqs) -> None:
    queues = made()
    sqs.fault = lambda: time.sleep(0.5)
    assert requeue(queues, outgoing("x")) == (1, "")
    assert requeue(queues, outgoing("x"), seconds=0.7) == (0, "out of time")
    assert len(sqs.calls) == 1


def test_a_queue_that_hangs_does_not_hold_the_invocation(sqs: StrictSqs) -> None:
    sqs.fault = lambda: time.sleep(20)
    started = time.monotonic()
    taken, problem = requeue(made(), outgoing("x"), seconds=1.0)
    assert not taken and "no answer within" in problem
    assert time.monotonic() - started < 10


def test_a_message_is_sent_once_and_given_up_before_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK tried again in a thread that was left behind, and the message was there twice."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(sdk, "client", lambda *_, **options: asked.update(options) or StrictSqs())
    requeue(made(), outgoing("x"))
    assert asked.pop("read_timeout") < 3.0
    assert not asked, "one attempt is the default"


def received(sqs: StrictSqs, count: int, receives: int = 1) -> list[Record]:
    stored = [sqs.put(QUEUE, "x") for _ in range(count)]
    return [Record(name, receipt_handle=f"handle {name}", receives=receives) for name in stored]


@pytest.mark.parametrize(("receives", "asked", "least", "most"), [(1, 0.0, 8, 10), (2, 0.0, 16, 20), (1, 60.0, 60, 60)])
def test_a_message_that_failed_is_visible_again_soon(
    sqs: StrictSqs, receives: int, asked: float, least: int, most: int
) -> None:
    """The visibility timeout stays after many attempts; without a queue there is none."""
    unchanged = [(received(sqs, 1)[0], 500.0), (Record(), 0.0)]
    made().show_again([*unchanged, *((one, asked) for one in received(sqs, 10, receives))], seconds_left=lambda: 60)
    made().show_again(unchanged, seconds_left=lambda: 60)
    ((name, entries),) = sqs.calls
    assert name == "ChangeMessageVisibilityBatch"
    assert [entry["ReceiptHandle"] for entry in entries] == [f"handle sqs-{number}" for number in range(2, 12)]
    assert all(least <= entry["VisibilityTimeout"] <= most for entry in entries)


@pytest.mark.parametrize("left", [60.0, 0.1])
def test_if_sqs_does_not_take_it_nothing_changes(sqs: StrictSqs, left: float) -> None:
    records = [(one, 0.0) for one in received(sqs, 10)]
    sqs.fault = lambda: EndpointConnectionError(endpoint_url="https://sqs")
    made().show_again(records, seconds_left=lambda: left)
    sqs.fault, sqs.fails = lambda: None, lambda: "ReceiptHandleIsInvalid"
    made().show_again(records, seconds_left=lambda: left)


def test_nothing_to_do_needs_no_queue_and_no_client_but_no_queue_is_not_a_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(sdk, "client")
    queues = made(None, None)
    assert (keep(queues, []), requeue(queues)) == (([], ""), (0, ""))
    queues.show_again([], seconds_left=lambda: 60)
    assert keep(queues, [outgoing("x")]) == ([], "no queue is configured for it")


# How long messages wait -------------------------------------------------------------------------------------------

VISIBILITY_TIMEOUT = 180


def delays(attempt: int, *, longest: int = VISIBILITY_TIMEOUT, asked: float = 0.0) -> set[int]:
    return {delay(attempt, asked=asked, longest=longest) for _ in range(300)}


@pytest.mark.parametrize(
    ("attempt", "longest"), [(0, 0), (1, 10), (2, 20), (3, 40), (4, 50), (10, 50), (11, 100), (12, 180)]
)
def test_the_wait_grows_and_is_never_longer_than_its_step(attempt: int, longest: int) -> None:
    found = delays(attempt)
    assert max(found) == longest
    assert min(found) >= 0.8 * longest - 1
    assert len(found) > 2 or longest in {0, VISIBILITY_TIMEOUT}, "messages should not come back all at once"


@pytest.mark.parametrize("longest", [30, 89, 180, 1147, 5400])
def test_after_twenty_receives_each_takes_a_visibility_timeout(longest: int) -> None:
    """`early_receives` in queue.tf: only these are sooner, and the rest lasts `queue.minimum_outage_hours`."""
    assert all(delays(attempt, longest=longest) == {longest} for attempt in (20, 21, 100))


def test_an_outage_of_five_minutes_is_over_a_minute_later() -> None:
    """Whatever the jitter: as long as the waits are together less than five minutes, none is longer than a minute."""
    waited, attempt = 0.0, 1
    while waited < 300:
        assert max(delays(attempt)) <= 60
        waited += min(delays(attempt))
        attempt += 1


@pytest.mark.parametrize("attempt", [1, 5, 20, 1000, 10**9])
def test_nothing_waits_longer_than_the_visibility_timeout(attempt: int) -> None:
    assert max(delays(attempt, longest=30)) <= 30
    assert max(delays(attempt, asked=86_400.0)) == VISIBILITY_TIMEOUT


# What they take of a record, so that nothing of it arrives twice ---------------------------------------------------

MANY = 10_000


def large(size: int) -> list[dict[str, Any]]:
    return [{**event, "D": "x" * (size // 8)} for event in events(8)]


def delivery_of(raw: dict[str, Any], *answers: Answer, share: int = MANY) -> Delivery:
    return answered(envelope.read(raw, share), *({"events": answer} for answer in answers))


def settled(delivery: Delivery, raw: dict[str, Any], seconds_left: Callable[[], float] = lambda: 60) -> str:
    queues = made(QUEUE if delivery.record.record_id else None)
    return queues.settle(delivery, payload={"Records": [raw]}, seconds_left=seconds_left)


def ids(sqs: StrictSqs, url: str) -> list[list[Any]]:
    """The event ids in the messages of a queue."""
    found = [envelope.read(one.record(), MANY) for one in sqs.stored(url)]
    return [[entry.properties and entry.properties["EventID"] for entry in record.entries] for record in found]


@pytest.mark.parametrize(
    ("raw", "answers", "debts"),
    [
        (sqs_record([]), (), []),
        (sqs_record(events(2)), (), []),
        (sns_record(events(2)), (ACCEPTED, ACCEPTED), []),
        # It waits whole: in the queue, or because Lambda tries it again.
        (sqs_record(events(2)), (RETRY,), [(0, "events")]),
        (sns_record(large(200_000)), (ACCEPTED, RETRY), [(1, "events")]),
    ],
)
def test_what_owes_nothing_or_comes_back_by_itself_asks_nothing_of_sqs(
    sqs: StrictSqs, raw: dict[str, Any], answers: tuple[Answer, ...], debts: list[Debt]
) -> None:
    delivery = delivery_of(raw, *answers)
    assert settled(delivery, raw) == ""
    assert delivery.debts == debts and not sqs.calls


@pytest.mark.parametrize(("code", "kept", "back"), [("", [[1]], [[2]]), ("InternalError", [], [[1, 2]])])
def test_refusals_are_kept_and_what_is_owed_goes_back(
    sqs: StrictSqs, code: str, kept: list[list[int]], back: list[list[int]]
) -> None:
    """A refusal that SQS does not take goes back with the rest: it is tried once more."""
    raw = sqs_record(events(3))
    delivery = delivery_of(raw, ACCEPTED, REFUSED, RETRY._replace(retry_after=75))
    codes = iter([code, ""])
    sqs.fails = lambda: next(codes)
    problem = settled(delivery, raw)
    assert (ids(sqs, DEAD_LETTER_QUEUE), ids(sqs, QUEUE), delivery.debts) == (kept, back, [])
    assert (len(delivery.kept), len(delivery.requeued), problem) == (len(kept), 1, code)
    assert [one.seconds for one in sqs.stored(QUEUE)] == [75], "as long as Datadog asked for"


@pytest.mark.parametrize("take", [sqs_record, sns_record])
def test_what_is_left_goes_back_or_is_kept_without_a_queue(
    sqs: StrictSqs, take: Callable[[object], dict[str, Any]]
) -> None:
    """The next invocation would not take it either."""
    raw = take(events(5))
    delivery = delivery_of(raw, ACCEPTED, RETRY, share=2)
    settled(delivery, raw)
    url, other = (QUEUE, DEAD_LETTER_QUEUE) if take is sqs_record else (DEAD_LETTER_QUEUE, QUEUE)
    assert (ids(sqs, url), ids(sqs, other), delivery.debts) == ([[1], [2, 3, 4]], [], [])
    assert len(delivery.requeued if take is sqs_record else delivery.kept) == 2


def test_what_fits_into_the_time_is_kept_and_the_rest_waits(sqs: StrictSqs) -> None:
    """2,000 of 2,200 events refused: all or nothing was nothing, at each receive."""
    raw = sqs_record(events(2_200))
    delivery = delivery_of(raw, *[REFUSED] * 2_000, *[ACCEPTED] * 200)
    seconds = iter([60.0] * 50)
    problem = settled(delivery, raw, lambda: next(seconds, 0.0))
    kept = len(delivery.kept)
    assert 0 < kept < 2_000 and problem == "out of time"
    assert [one for (one,) in ids(sqs, DEAD_LETTER_QUEUE)] == list(range(kept))
    assert len(delivery.debts) == 2_000 - kept
    # The next receive goes on with those.
    rest: list[dict[str, Answer]] = [{}] * kept + [{"events": REFUSED}] * (2_000 - kept)
    settled(answered(delivery.record, *rest, settled=delivery.settled), raw)
    assert [one for (one,) in ids(sqs, DEAD_LETTER_QUEUE)] == list(range(2_000))


@pytest.mark.parametrize(
    ("size", "answers", "kept"),
    [
        (200_000, (REFUSED, RETRY, ACCEPTED), [[0], [None]]),
        (262_000, (REFUSED, RETRY, ACCEPTED), [[0], [None], [1]]),
        (262_000, (ACCEPTED, RETRY, ACCEPTED, RETRY), [[None], [1, 3]]),
        (262_000, (RETRY,) * 8, [[None], [0, 1, 2, 3], [4, 5, 6, 7]]),
    ],
)
def test_a_direct_delivery_that_lambda_would_lose_is_kept_in_pieces(
    sqs: StrictSqs, size: int, answers: tuple[Answer, ...], kept: list[list[int | None]]
) -> None:
    """Lambda's record of it holds the whole message, and is too large for the queue."""
    raw = sns_record([*large(size), 1])
    delivery = delivery_of(raw, *answers)
    settled(delivery, raw)
    assert not delivery.requeued
    assert ids(sqs, DEAD_LETTER_QUEUE) == kept
    assert bool(delivery.debts) == (size == 200_000)
    reasons = [one.attributes["reason"] for one in sqs.stored(DEAD_LETTER_QUEUE)]
    why = "not delivered, and too large to be tried again without a queue"
    assert (why in reasons) == (size == 262_000)
